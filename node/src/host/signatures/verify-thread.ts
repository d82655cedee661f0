import { parentPort } from 'node:worker_threads';
import { sodiumCrypto } from '@civitas/canon/sodium';
import { decodeBatch } from './batch-codec.ts';

// The other end of VerifyThread: a batch in, one byte a signature out, in the order they came.
parentPort?.on('message', (batch: Uint8Array) => {
  const verdicts: number[] = [];
  for (const { message, signature, publicKey } of decodeBatch(batch)) {
    verdicts.push(sodiumCrypto.verifyEd25519(message, signature, publicKey) ? 1 : 0);
  }
  const answer = Uint8Array.from(verdicts);
  parentPort?.postMessage(answer, [answer.buffer]);
});
