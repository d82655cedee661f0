import { type Bytes, equalBytes, hexEncode, type Sha256 } from '@civitas/canon';
import { encodeLightBlock, headerHash, LIGHT_BLOCK_BYTES_MAX, type Validator, validatorsHash } from '@civitas/proofs';
import type { LedgerStore } from '../../store/ledger-store.ts';
import { EngineFault } from './engine-fault.ts';
import type { EngineRpc } from './engine-rpc.ts';
import { LIGHT_BLOCKS_SLICE } from './limits.ts';

export interface LightBlocksOptions {
  readonly sha256: Sha256;
  readonly rpc: Pick<EngineRpc, 'signedHeader' | 'validators'>;
  readonly store: Pick<LedgerStore, 'readBlockRecord' | 'readLightBlock' | 'readLightsFrom' | 'writeLightBlocks'>;
  /** Height of the last durable block. */
  readonly headHeight: () => number;
}

/**
 * Light blocks of what the engine decided, in our format, each checked against the block hash that was executed.
 *
 * A block is in the engine's store before it is executed, so its light block is fetched meanwhile and written with the commit. What
 * commits while the engine does not serve yet (its replay at start) or is slow to say it is brought later, in order: `catchUp` is called
 * at each look at the engine.
 */
export class LightBlocks {
  readonly #options: LightBlocksOptions;
  /** The newest sets by their hash: a set changes rarely. */
  readonly #sets = new Map<string, readonly Validator[]>();
  #catchingUp: Promise<void> | undefined;

  constructor(options: LightBlocksOptions) {
    this.#options = options;
  }

  /** @throws EngineFault when the engine does not say, or says another block than the one with this hash. */
  async fetch(height: number, blockHash: Bytes): Promise<Bytes> {
    const { rpc, sha256 } = this.#options;
    const { header, commit } = await rpc.signedHeader(height);
    const isThisBlock =
      header.height === BigInt(height) &&
      commit.height === header.height &&
      equalBytes(commit.blockId.hash, blockHash) &&
      equalBytes(headerHash(sha256, header), blockHash);
    if (!isThisBlock) throw new EngineFault('ENGINE_ANSWER', `header ${height} is not of block ${hexEncode(blockHash)}`);
    const validators = await this.#validatorsAt(height, header.validatorsHash);
    const bytes = encodeLightBlock({ header, commit, validators });
    if (bytes.length > LIGHT_BLOCK_BYTES_MAX) throw new EngineFault('ENGINE_ANSWER', `light block ${height} has ${bytes.length} bytes`);
    return bytes;
  }

  /** Brings what is missing up to the head, oldest first; one run at a time. */
  catchUp(): Promise<void> {
    this.#catchingUp ??= this.#catchUp().finally(() => {
      this.#catchingUp = undefined;
    });
    return this.#catchingUp;
  }

  async #validatorsAt(height: number, hash: Bytes): Promise<readonly Validator[]> {
    const id = hexEncode(hash);
    const known = this.#sets.get(id);
    if (known !== undefined) return known;
    const validators = await this.#options.rpc.validators(height);
    if (!equalBytes(validatorsHash(this.#options.sha256, validators), hash))
      throw new EngineFault('ENGINE_ANSWER', `validators of ${height} are not those of its header`);
    if (this.#sets.size >= 2) this.#sets.clear();
    this.#sets.set(id, validators);
    return validators;
  }

  /** The lowest height that may be missing, 0 when none is. */
  #missingFrom(): number {
    const { store, headHeight } = this.#options;
    const head = headHeight();
    return store.readLightsFrom() || (head > 0 && store.readLightBlock(head) === undefined ? head : 0);
  }

  async #catchUp(): Promise<void> {
    const { store, headHeight } = this.#options;
    for (let next = this.#missingFrom(); next > 0; ) {
      const lights: { height: number; bytes: Bytes }[] = [];
      const head = headHeight();
      for (; next <= head && lights.length < LIGHT_BLOCKS_SLICE; next++) {
        const record = store.readBlockRecord(next);
        if (record === undefined || store.readLightBlock(next) !== undefined) continue;
        lights.push({ height: next, bytes: await this.fetch(next, record.hash) });
      }
      await store.writeLightBlocks(lights, next > headHeight() ? 0 : next);
      // A commit that was on its way meanwhile may have come without its light block.
      next = next > head ? this.#missingFrom() : next;
    }
  }
}
