import { canonicalString, type Refusal } from '@civitas/canon';
import { ERROR_TRAILER } from '@civitas/node-call';
import { ErrorInfo } from '@civitas/proto/civitas/node/v1/ledger';
import { Metadata, type ServiceError, type StatusObject, status } from '@grpc/grpc-js';

const RETRY_AFTER_FACT = 'retryAfterMs';

const STATUS_OF_CODE: Readonly<Record<string, status>> = {
  UNAUTHENTICATED: status.UNAUTHENTICATED,
  NOT_AUTHORISED: status.PERMISSION_DENIED,
  NOT_FOUND: status.NOT_FOUND,
  PRUNED: status.OUT_OF_RANGE,
  BLOCK_NOT_KEPT: status.OUT_OF_RANGE,
  RATE_LIMITED: status.RESOURCE_EXHAUSTED,
  QUEUE_FULL: status.RESOURCE_EXHAUSTED,
  STREAMS_TOO_MANY: status.RESOURCE_EXHAUSTED,
  CREDITS_EXCEEDED: status.RESOURCE_EXHAUSTED,
  NONCES_FULL: status.RESOURCE_EXHAUSTED,
  HALTED: status.RESOURCE_EXHAUSTED,
  ENGINE_BUSY: status.RESOURCE_EXHAUSTED,
  AWAITING_GENESIS: status.UNAVAILABLE,
  DRAINING: status.UNAVAILABLE,
  NOT_SIGNING: status.UNAVAILABLE,
  DEADLINE: status.DEADLINE_EXCEEDED,
  FAULT: status.INTERNAL,
  MALFORMED: status.INVALID_ARGUMENT,
};

/** The wire form of a refusal inside a stream. */
export function errorInfoOf(refusal: Refusal): ErrorInfo {
  const retryAfter = refusal.facts[RETRY_AFTER_FACT];
  return {
    code: refusal.code,
    factsJson: canonicalString(refusal.facts),
    then: refusal.then,
    retryAfterMs: typeof retryAfter === 'number' ? retryAfter : 0,
  };
}

/** A refusal as gRPC carries it: a status for proxies and retry policies, our code and facts for programs. Never a stack. */
export function rpcErrorOf(refusal: Refusal): Partial<StatusObject> & Pick<ServiceError, 'name' | 'message'> {
  const metadata = new Metadata();
  metadata.set(ERROR_TRAILER, Buffer.from(ErrorInfo.encode(errorInfoOf(refusal)).finish()));
  const code = STATUS_OF_CODE[refusal.code] ?? status.FAILED_PRECONDITION;
  return { name: 'RpcError', message: refusal.code, code, details: refusal.code, metadata };
}
