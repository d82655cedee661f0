import type { JsonObject } from '@civitas/canon';
import type { AdminServiceStatusResponse } from '@civitas/proto/civitas/node/v1/admin';

/** Blocks between a decision and the first block of the new rules. */
const NOTICE_BLOCKS = 20;
const FIRST_HEIGHT = 7;

type StatusFields = Pick<
  AdminServiceStatusResponse,
  'height' | 'protocolVersion' | 'newestProtocolVersion' | 'nextProtocolVersion' | 'nextProtocolHeight' | 'proposing'
> &
  Partial<Pick<AdminServiceStatusResponse, 'phase' | 'signing' | 'caughtUp' | 'unwell'>>;

/** Rules of a fake ledger, and which of them images execute. */
export class FakeProtocol {
  version = 1;
  next: { readonly version: number; readonly height: number } | undefined;
  /** Newest rules that an image executes, and that all others do. */
  readonly newestOfImage = new Map<string, number>();
  newestElse = 1;
  #height = FIRST_HEIGHT;
  #sinceHeight = 1;

  /** Blocks are made only while there is something to reach. */
  block(): void {
    if (this.next === undefined) return;
    this.#height += 1;
    if (this.#height + 1 < this.next.height) return;
    this.version = this.next.version;
    this.#sinceHeight = this.next.height;
    this.next = undefined;
  }

  /** Whether a change could be applied now; a ledger takes no proposal of one that could not. */
  isPossible({ kind, version }: JsonObject): boolean {
    if (kind === 'activateProtocol') return this.next === undefined && version === this.version + 1;
    return kind !== 'cancelProtocol' || this.next?.version === version;
  }

  /** @returns false where it is no change of the rules. */
  decide({ kind, version }: JsonObject): boolean {
    if (kind === 'activateProtocol') this.next = { version: Number(version), height: this.#height + NOTICE_BLOCKS };
    if (kind === 'cancelProtocol') this.next = undefined;
    return kind === 'activateProtocol' || kind === 'cancelProtocol';
  }

  /** What a node that may sign says, by its image. */
  statusOf(image: string): StatusFields {
    const newest = this.newestOfImage.get(image) ?? this.newestElse;
    const fields = {
      height: BigInt(this.#height),
      protocolVersion: this.version,
      newestProtocolVersion: newest,
      nextProtocolVersion: this.next?.version ?? 0,
      nextProtocolHeight: BigInt(this.next?.height ?? 0),
      proposing: false,
    };
    if (newest >= this.version) return fields;
    const unwell = `node: awaits its upgrade: protocol ${this.version}`;
    return { ...fields, phase: 'AwaitingUpgrade', signing: false, caughtUp: false, height: BigInt(this.#sinceHeight - 1), unwell };
  }
}
