import {
  operationHash,
  operationSignBytes,
  type Result,
  SHARED_BATCH_BYTES_MAX,
  sharedBatchOf,
  sharedSignBytes,
  verifySignature,
} from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import type { OperationBatch, SignedOperation } from '@civitas/proto/civitas/ledger/v1/operation';
import { aKeyPair } from '@civitas/testkit';
import { beforeEach, expect, test } from '@jest/globals';
import type { StoredReceipt } from '../ledger/ledger-host.ts';
import { GatewaySubmitter } from './gateway-submitter.ts';

const CHAIN = 'jincheng-city-1';
const { sha256 } = nodeCrypto;
const key = aKeyPair('civil-affairs');
let alone: SignedOperation[];
let batches: OperationBatch[];

beforeEach(() => {
  [alone, batches] = [[], []];
});

async function receiptOf(body: Uint8Array): Promise<Result<StoredReceipt>> {
  return { ok: true, value: { height: 1, index: 0, operationHash: operationHash(sha256, body), bytes: body } };
}

function aSubmitter(): GatewaySubmitter {
  const admission = {
    submit: (operation: SignedOperation) => {
      alone.push(operation);
      return receiptOf(operation.body);
    },
    submitBatch: (batch: OperationBatch) => {
      batches.push(batch);
      return batch.operations.map(({ body }) => receiptOf(body));
    },
  };
  return new GatewaySubmitter({ chainId: CHAIN, genesisHash: new Uint8Array(32), organisation: 'civil-affairs', key, admission });
}

const aRequest = (text: string) => ({
  role: 'registrar',
  actor: 'registrar-gateway',
  contract: 'city.identity@v1',
  method: 'assign',
  args: { text },
  expiresAtUnixMs: 1,
});

test('an operation that is asked for alone is signed alone', async () => {
  const answer = await aSubmitter().submit(aRequest('a'));
  const [signed] = alone;

  expect(answer).toMatchObject({ ok: true, value: { bytes: signed?.body } });
  const message = operationSignBytes(signed?.body ?? new Uint8Array(0));
  expect(verifySignature(nodeCrypto, { message, signature: signed?.signature ?? message, publicKey: key.publicKey })).toBe(true);
});

test('what is asked for in one turn leaves under one signature, and each gets its own answer', async () => {
  const submitter = aSubmitter();
  const answers = await Promise.all(['a', 'b', 'c'].map((text) => submitter.submit(aRequest(text))));
  const [batch] = batches;
  const shared = sharedBatchOf(sha256, batch?.operations.map(({ body }) => operationHash(sha256, body)) ?? []);
  if (batch === undefined || !shared.ok) throw new Error('no batch');

  expect(answers.map((answer) => answer.ok && answer.value.bytes)).toEqual(batch.operations.map(({ body }) => body));
  const message = sharedSignBytes(CHAIN, shared.value);
  expect(verifySignature(nodeCrypto, { message, signature: batch.signature, publicKey: key.publicKey })).toBe(true);
  expect(alone).toEqual([]);
});

test('a signature covers no more operations and bytes than a bundle holds', async () => {
  const submitter = aSubmitter();
  await Promise.all(Array.from({ length: 300 }, (_, n) => submitter.submit(aRequest(`${n}`))));
  await Promise.all(Array.from({ length: 4 }, () => submitter.submit(aRequest('x'.repeat(SHARED_BATCH_BYTES_MAX / 3)))));

  expect(batches.map(({ operations }) => operations.length)).toEqual([256, 44, 2, 2]);
});
