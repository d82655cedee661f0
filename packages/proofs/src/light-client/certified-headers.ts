import { type Bytes, type CryptoPort, equalBytes } from '@civitas/canon';
import { decodeLightBlock, type LightBlock } from '../codec/light-block.ts';
import { ZERO_TIME } from '../codec/timestamp.ts';
import { type Validator, validatorsHash } from '../codec/validator.ts';
import { CERTIFIED_HEADERS_CACHED } from '../limits.ts';
import { type TrustedHeader, verifyAdjacent, verifySkipping } from './verify-update.ts';

/** A peer that shows light blocks; it is believed nothing that does not verify. */
export interface LightBlockSource {
  readonly name: string;
  /** @param height 0 for the newest. Rejects when the peer has it not (yet) or does not answer. */
  fetchLightBlock(height: number): Promise<Bytes>;
}

/** No peer showed a header that verifies. */
export class NoCertifiedHeader extends Error {
  override readonly name = 'NoCertifiedHeader';
}

/** Headers of a chain, verified from its genesis validators on, whoever shows them. */
export class CertifiedHeaders {
  readonly #chainId: string;
  readonly #crypto: CryptoPort;
  readonly #genesisSet: readonly Validator[];
  readonly #sources: readonly LightBlockSource[];
  /** Verified ones by height. */
  readonly #blocks = new Map<number, LightBlock>();

  /** @param request.validators the genesis set, in a set's own order. */
  constructor(request: {
    readonly chainId: string;
    readonly validators: readonly Validator[];
    readonly crypto: CryptoPort;
    readonly sources: readonly LightBlockSource[];
  }) {
    this.#chainId = request.chainId;
    this.#crypto = request.crypto;
    this.#sources = request.sources;
    this.#genesisSet = request.validators;
  }

  /** All that was verified so far, from the lowest height up: they lead from the genesis to the highest. */
  get path(): readonly LightBlock[] {
    return [...this.#blocks.values()].sort((left, right) => (left.header.height < right.header.height ? -1 : 1));
  }

  /**
   * The certified light block of a height, 0 for the newest that some peer shows.
   *
   * @throws NoCertifiedHeader when no peer shows one that verifies: all are behind, silent or lie.
   */
  async at(height: number): Promise<LightBlock> {
    const known = this.#blocks.get(height);
    if (known !== undefined) return known;
    const reasons: string[] = [];
    for (const source of this.#sources) {
      try {
        return await this.#verifiedFrom(source, height);
      } catch (error) {
        reasons.push(`${source.name}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    throw new NoCertifiedHeader(`header ${height}: ${reasons.join('; ')}`);
  }

  async #fetch(source: LightBlockSource, height: number): Promise<LightBlock> {
    const decoded = decodeLightBlock(await source.fetchLightBlock(height));
    if (!decoded.ok) throw new Error(decoded.refusal.code);
    if (height !== 0 && decoded.value.header.height !== BigInt(height))
      throw new Error(`showed ${decoded.value.header.height} for ${height}`);
    return decoded.value;
  }

  /** Steps from the nearest header below: straight where enough of the trusted power signed, through a header between where not. */
  async #verifiedFrom(source: LightBlockSource, height: number): Promise<LightBlock> {
    const target = await this.#fetch(source, height);
    const wanted = Number(target.header.height);
    const known = this.#blocks.get(wanted);
    if (known !== undefined) return known;
    const ahead: LightBlock[] = [target];
    for (let next = ahead.at(-1); next !== undefined; next = ahead.at(-1)) {
      const verified = this.#verify(next);
      if (verified.ok) {
        this.#remember(next);
        ahead.pop();
        continue;
      }
      const [from, to] = [this.#below(Number(next.header.height)).height, next.header.height];
      if (verified.refusal.then !== 'sync' || to - from < 2n) throw new Error(verified.refusal.code);
      ahead.push(await this.#fetch(source, Number((from + to) / 2n)));
    }
    return target;
  }

  #verify(lightBlock: LightBlock): ReturnType<typeof verifyAdjacent> {
    const trusted = this.#below(Number(lightBlock.header.height));
    if (lightBlock.header.height === trusted.height + 1n) return verifyAdjacent(this.#crypto, { trusted, lightBlock });
    const sets = [this.#genesisSet, lightBlock.validators, ...[...this.#blocks.values()].map(({ validators }) => validators)];
    const trustedValidators = sets.find((set) => equalBytes(validatorsHash(this.#crypto.sha256, set), trusted.nextValidatorsHash));
    // A set that nobody has shown yet is shown by the header right after the trusted one, which a step between leads to.
    if (trustedValidators === undefined) return { ok: false, refusal: { code: 'NEXT_VALIDATORS_UNKNOWN', facts: {}, then: 'sync' } };
    return verifySkipping(this.#crypto, { trusted, trustedValidators, lightBlock });
  }

  /** The nearest verified header below a height, or the genesis, whose next set is the genesis set. */
  #below(height: number): TrustedHeader {
    let nearest: LightBlock | undefined;
    for (const block of this.#blocks.values()) {
      if (block.header.height < BigInt(height) && (nearest === undefined || block.header.height > nearest.header.height)) nearest = block;
    }
    if (nearest !== undefined) return nearest.header;
    const nextValidatorsHash = validatorsHash(this.#crypto.sha256, this.#genesisSet);
    return { chainId: this.#chainId, height: 0n, time: ZERO_TIME, nextValidatorsHash };
  }

  #remember(block: LightBlock): void {
    this.#blocks.set(Number(block.header.height), block);
    if (this.#blocks.size <= CERTIFIED_HEADERS_CACHED) return;
    const oldest = this.#blocks.keys().next();
    if (!oldest.done) this.#blocks.delete(oldest.value);
  }
}
