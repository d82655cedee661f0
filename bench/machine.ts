import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { cpus, loadavg, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { generateEd25519, nodeCrypto, rawPublicKey, signEd25519 } from '@civitas/canon/node';

/** What the figures were taken on, with two yardsticks measured in the same run: they tell a busy machine from a slow product. */
export interface MachineFacts {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly node: string;
  readonly loadAverage: number;
  /** Ed25519 verifications a second on one core. */
  readonly ed25519VerifyPerSecond: number;
  /** Median of a 4 KiB write with fdatasync, ms. */
  readonly fdatasyncMs: number;
}

export function machineFacts(): MachineFacts {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryBytes: totalmem(),
    node: process.version,
    loadAverage: Math.round((loadavg()[0] ?? 0) * 100) / 100,
    ed25519VerifyPerSecond: verifyRate(),
    fdatasyncMs: syncMs(),
  };
}

function verifyRate(): number {
  const { privateKey } = generateEd25519();
  const message = new Uint8Array(256);
  const signature = signEd25519(privateKey, message);
  const publicKey = rawPublicKey(privateKey);
  const rounds = 3000;
  const startedMs = performance.now();
  for (let round = 0; round < rounds; round += 1) nodeCrypto.verifyEd25519(message, signature, publicKey);
  return Math.round((rounds * 1000) / (performance.now() - startedMs));
}

function syncMs(): number {
  const folder = mkdtempSync(join(tmpdir(), 'civitas-bench-'));
  const file = openSync(join(folder, 'sync'), 'w');
  const page = Buffer.alloc(4096, 1);
  const times: number[] = [];
  for (let round = 0; round < 50; round += 1) {
    const startedMs = performance.now();
    writeSync(file, page);
    fdatasyncSync(file);
    times.push(performance.now() - startedMs);
  }
  closeSync(file);
  rmSync(folder, { recursive: true, force: true });
  return Math.round((times.sort((left, right) => left - right)[25] ?? 0) * 1000) / 1000;
}
