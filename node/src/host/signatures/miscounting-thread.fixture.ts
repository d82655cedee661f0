import { parentPort } from 'node:worker_threads';

// A verifying thread that loses a verdict.
parentPort?.on('message', () => {
  const answer = Uint8Array.of(1);
  parentPort?.postMessage(answer, [answer.buffer]);
});
