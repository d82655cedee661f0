import { parentPort } from 'node:worker_threads';

// A verifying thread that loses a verdict.
parentPort?.on('message', () => parentPort?.postMessage(Uint8Array.of(1)));
