import { ErrorInfo } from '@civitas/proto/civitas/node/v1/ledger';
import { type ClientUnaryCall, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { expect, jest, test } from '@jest/globals';
import { callUnary, type Unary } from './call-unary.ts';
import { ERROR_TRAILER, findErrorInfo } from './error-trailer.ts';

type Ended = (error: ServiceError | null, response: string) => void;

/** A method that answers when it is told to. */
function aMethod(): { method: Unary<string, string>; end: Ended; cancel: jest.Mock; deadlines: unknown[] } {
  const cancel = jest.fn();
  const deadlines: unknown[] = [];
  let ended: Ended = () => undefined;
  const method: Unary<string, string> = (_request, _metadata, options, callback) => {
    deadlines.push(options.deadline);
    ended = callback;
    return { cancel } as Partial<ClientUnaryCall> as ClientUnaryCall;
  };
  return { method, end: (error, response) => ended(error, response), cancel, deadlines };
}

function anError(trailer?: Buffer): ServiceError {
  const metadata = new Metadata();
  if (trailer !== undefined) metadata.set(ERROR_TRAILER, trailer);
  return Object.assign(new Error('refused'), { code: status.FAILED_PRECONDITION, details: 'refused', metadata });
}

test('an answer resolves, a failure rejects with the error as the library gave it', async () => {
  const [good, bad] = [aMethod(), aMethod()];
  const [answered, failed] = [callUnary(good.method, 'q', { deadlineMs: 1000 }), callUnary(bad.method, 'q', { deadlineMs: 1000 })];
  const error = anError();
  good.end(null, 'yes');
  bad.end(error, '');
  expect(await answered).toBe('yes');
  await expect(failed).rejects.toBe(error);
  expect(good.deadlines).toEqual([expect.any(Number)]);
});

test('a signal cancels the call, which rejects with its reason', async () => {
  const { method, end, cancel } = aMethod();
  const stop = new AbortController();
  const asked = callUnary(method, 'q', { deadlineMs: 1000, signal: stop.signal });
  stop.abort(new Error('enough'));
  expect(cancel).toHaveBeenCalledTimes(1);
  end(anError(), '');
  await expect(asked).rejects.toThrow('enough');
});

test('after a signal that has gone off, nothing is sent', async () => {
  const { method, deadlines } = aMethod();
  await expect(callUnary(method, 'q', { deadlineMs: 1000, signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
  expect(deadlines).toEqual([]);
});

test('the typed error is read from the trailer; without one, or with one of torn bytes, there is none', () => {
  const info = ErrorInfo.fromPartial({ code: 'HALTED', factsJson: '{}', then: 'retry', retryAfterMs: 5 });
  expect(findErrorInfo(anError(Buffer.from(ErrorInfo.encode(info).finish())))).toEqual(info);
  expect(findErrorInfo(anError())).toBeUndefined();
  expect(findErrorInfo(anError(Buffer.from([0x0a, 0xff])))).toBeUndefined();
  expect(findErrorInfo(new Error('no metadata') as ServiceError)).toBeUndefined();
});
