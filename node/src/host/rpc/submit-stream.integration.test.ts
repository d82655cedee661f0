import { LedgerServiceClient, type SubmitStreamResponse } from '@civitas/proto/civitas/node/v1/ledger';
import { waitFor } from '@civitas/testkit';
import { Metadata, type ServiceError } from '@grpc/grpc-js';
import { afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { holdBudget } from '../event-loop/testing/held-budget.ts';
import {
  aBatch,
  aClient,
  anOperation,
  closeGateway,
  errorOf,
  HOSPITAL,
  ledger,
  openGateway,
  prepareGateway,
} from '../testing/test-gateway.ts';
import { ANSWERS_TOGETHER_BYTES_MAX, ANSWERS_TOGETHER_MAX, SUBMIT_CREDITS } from './limits.ts';

beforeAll(prepareGateway);
beforeEach(openGateway);
afterEach(closeGateway);

test('a stream grants credits, answers by tag, and cuts off a caller that sends without credit', async () => {
  const client = await aClient(LedgerServiceClient, HOSPITAL);
  const good = client.submitStream();
  const answers: SubmitStreamResponse[] = [];
  good.on('data', (answer: SubmitStreamResponse) => answers.push(answer));
  good.write({ tag: 7n, operation: anOperation(), batch: undefined });
  good.write({ tag: 8n, operation: { ...anOperation(), signature: new Uint8Array(64) }, batch: undefined });
  good.end();
  await new Promise((resolve) => good.on('end', resolve));

  expect(answers[0]).toMatchObject({ tag: 0n, credits: SUBMIT_CREDITS });
  expect(answers.find(({ tag }) => tag === 7n)?.answer?.$case).toBe('receipt');
  expect(answers.find(({ tag }) => tag === 8n)?.answer).toMatchObject({ $case: 'refused', value: { code: 'SIGNATURE_INVALID' } });

  const release = ledger.hold();
  const greedy = client.submitStream();
  const ended = new Promise<ServiceError>((resolve) => greedy.on('error', resolve));
  greedy.on('data', () => undefined);
  for (let i = 0; i <= SUBMIT_CREDITS; i++) greedy.write({ tag: BigInt(i), operation: anOperation(), batch: undefined });
  expect(errorOf(await ended)).toMatchObject({ status: 'RESOURCE_EXHAUSTED', code: 'CREDITS_EXCEEDED' });
  release();
});

test('a caller that takes answers together gets those of one block in few messages, each with its credit', async () => {
  const client = await aClient(LedgerServiceClient, HOSPITAL);
  const metadata = new Metadata();
  metadata.set('civitas-answers', 'together');
  const stream = client.submitStream(metadata);
  const messages: SubmitStreamResponse[] = [];
  stream.on('data', (message: SubmitStreamResponse) => messages.push(message));
  const count = ANSWERS_TOGETHER_MAX + 20;
  const first = aBatch(Array.from({ length: 256 }, () => anOperation()));
  stream.write({ tag: 1n, operation: undefined, batch: first });
  for (let tag = 257; tag <= count; tag++) stream.write({ tag: BigInt(tag), operation: anOperation(), batch: undefined });
  stream.end();
  await new Promise((resolve) => stream.on('end', resolve));

  const answers = messages.slice(1).flatMap((message) => [message, ...message.more]);
  expect(answers.map(({ tag }) => Number(tag)).sort((left, right) => left - right)).toEqual(
    Array.from({ length: count }, (_, at) => at + 1),
  );
  expect(answers.every(({ answer, credits }) => answer?.$case === 'receipt' && credits === 1)).toBe(true);
  expect(messages.length).toBeLessThan(count / 4);
  for (const { answer, more } of messages) {
    const receipts = [answer, ...more.map((one) => one.answer)].map((one) => (one?.$case === 'receipt' ? one.value.length : 0));
    expect(more.length).toBeLessThan(ANSWERS_TOGETHER_MAX);
    expect(more.length === 0 || receipts.reduce((sum, bytes) => sum + bytes, 0) <= ANSWERS_TOGETHER_BYTES_MAX).toBe(true);
  }
});

test('a stream takes batches: a credit and an answer for each operation, and none beyond the credits', async () => {
  const client = await aClient(LedgerServiceClient, HOSPITAL);
  const good = client.submitStream();
  const answers: SubmitStreamResponse[] = [];
  good.on('data', (answer: SubmitStreamResponse) => answers.push(answer));
  const batch = aBatch(Array.from({ length: 5 }, () => anOperation()));
  good.write({ tag: 2n ** 64n - 2n, operation: undefined, batch });
  good.write({ tag: 70n, operation: undefined, batch: { ...batch, operations: [] } });
  good.write({ tag: 80n, operation: anOperation(), batch });
  good.end();
  await new Promise((resolve) => good.on('end', resolve));
  const tagsOf = (kind: string): bigint[] => answers.flatMap(({ tag, answer }) => (answer?.$case === kind ? [tag] : []));

  expect(tagsOf('receipt')).toEqual([2n ** 64n - 2n, 2n ** 64n - 1n, 0n, 1n, 2n]);
  expect(new Set(tagsOf('refused'))).toEqual(new Set([70n, 80n]));
  expect(answers.slice(1).every(({ credits }) => credits === 1)).toBe(true);
  expect(ledger.bundles).toMatchObject([{ groups: [{ first: 0, count: 5 }] }]);

  const release = ledger.hold();
  const greedy = client.submitStream();
  const ended = new Promise<ServiceError>((resolve) => greedy.on('error', resolve));
  greedy.on('data', () => undefined);
  for (let i = 0; i < 3; i++)
    greedy.write({ tag: 1n, operation: undefined, batch: aBatch(Array.from({ length: 256 }, () => anOperation())) });
  expect(errorOf(await ended)).toMatchObject({ status: 'RESOURCE_EXHAUSTED', code: 'CREDITS_EXCEEDED' });
  release();
});

test('what streams bring together shares the turns of the event loop: each message waits for its turn', async () => {
  const client = await aClient(LedgerServiceClient, HOSPITAL);
  const held = holdBudget();
  const streams = [client.submitStream(), client.submitStream()];
  const tags: bigint[] = [];
  for (const [at, stream] of streams.entries()) {
    stream.on('data', ({ tag }: SubmitStreamResponse) => tags.push(tag));
    stream.write({ tag: BigInt(at + 1), operation: anOperation(), batch: undefined });
  }
  await waitFor('both messages wait', () => held.waiting === 2 && tags.length === 2);
  expect([tags, ledger.bundles]).toEqual([[0n, 0n], []]);
  held.release();
  for (const stream of streams) stream.end();
  await Promise.all(streams.map((stream) => new Promise((resolve) => stream.on('end', resolve))));
  expect(new Set(tags.slice(2))).toEqual(new Set([1n, 2n]));
});
