import { randomFillSync } from 'node:crypto';

const POOL_BYTES = 65_536;
const pool = Buffer.alloc(POOL_BYTES);
let poolAt = POOL_BYTES;

/** Random bytes in base64url, without a system call each. */
export function randomText(byteCount: number): string {
  if (poolAt + byteCount > POOL_BYTES) {
    randomFillSync(pool);
    poolAt = 0;
  }
  poolAt += byteCount;
  return pool.toString('base64url', poolAt - byteCount, poolAt);
}

/** Arguments of `health.index` register, about 256 bytes: identifiers and commitments, nothing that compresses. */
export function documentArguments() {
  return {
    id: randomText(16),
    subject: randomText(16),
    kind: 'Observation',
    digest: randomText(32),
    class: randomText(32),
    period: randomText(32),
    reference: randomText(16),
  };
}

/** A registration of one such document, as the SDK takes it. */
export function aRegistration() {
  return { contract: 'health.index@v1', method: 'register', role: 'custodian', args: documentArguments() };
}
