import { parentPort } from 'node:worker_threads';

// A verifying thread that ends in the middle of its work.
parentPort?.on('message', () => process.exit(7));
