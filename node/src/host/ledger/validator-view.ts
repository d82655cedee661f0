import { hexEncode, type Sha256 } from '@civitas/canon';
import { type Quorum, quorumOf } from '@civitas/deployment';
import { addressOf } from '@civitas/proofs';
import type { RecordSource } from '../../core/state/records.ts';
import {
  findOffender,
  keyOfRecord,
  type MisbehaviourRecord,
  misbehaviourOf,
  standingAt,
  type ValidatorRecord,
  validatorsOf,
} from '../../core/validators/records.ts';

/** A key that is or was in the set. */
export interface ValidatorStanding extends Omit<ValidatorRecord, 'status'> {
  /** Lower-case hexadecimal. */
  readonly address: string;
  /** For the block after the last commit. */
  readonly standing: 'joining' | 'active' | 'leaving' | 'removed';
  /** Offences on record. */
  readonly misbehaviourCount: number;
}

/** Offences on record by what the validator is now; `unknown` were never in this ledger's set. */
export type MisbehaviourCounts = Readonly<Record<'inSet' | 'removed' | 'unknown', number>>;

/** The validator set as of the last commit. */
export interface Validators {
  /** In the order of addresses. */
  all(): readonly ValidatorStanding[];
  /** Of those that sign the next block. */
  quorum(): Quorum;
  /** In the order of their heights. */
  misbehaviour(): readonly MisbehaviourRecord[];
  misbehaviourCounts(): MisbehaviourCounts;
}

/** Reads the set from the records; the host calls `changed` when a commit wrote below network.validators/. */
export class ValidatorView implements Validators {
  readonly #records: RecordSource;
  readonly #sha256: Sha256;
  readonly #height: () => number;
  readonly #known = new Map<string, { readonly record: ValidatorRecord; readonly misbehaviourCount: number }>();
  #misbehaviour: readonly MisbehaviourRecord[] = [];

  /** @param height of the last commit. */
  constructor(records: RecordSource, sha256: Sha256, height: () => number) {
    this.#records = records;
    this.#sha256 = sha256;
    this.#height = height;
    this.changed();
  }

  changed(): void {
    this.#known.clear();
    for (const record of validatorsOf(this.#records)) {
      const address = hexEncode(addressOf(this.#sha256, keyOfRecord(record)));
      this.#known.set(address, { record, misbehaviourCount: findOffender(this.#records, address)?.count ?? 0 });
    }
    this.#misbehaviour = misbehaviourOf(this.#records);
  }

  all(): readonly ValidatorStanding[] {
    const height = this.#height() + 1;
    return [...this.#known].map(([address, { record, misbehaviourCount }]) => {
      const { status: _, ...rest } = record;
      return { ...rest, address, misbehaviourCount, standing: standingAt(record, height) };
    });
  }

  quorum(): Quorum {
    const signing = this.all().filter(({ standing }) => standing === 'active' || standing === 'leaving');
    return quorumOf(signing.map(({ power }) => power));
  }

  misbehaviour(): readonly MisbehaviourRecord[] {
    return this.#misbehaviour;
  }

  misbehaviourCounts(): MisbehaviourCounts {
    const counts = { inSet: 0, removed: 0, unknown: 0 };
    const height = this.#height() + 1;
    for (const { validator } of this.#misbehaviour) {
      const record = this.#known.get(validator)?.record;
      if (record === undefined) counts.unknown++;
      else counts[standingAt(record, height) === 'removed' ? 'removed' : 'inSet']++;
    }
    return counts;
  }
}
