import type { CaseRun } from './case-run.ts';

/** One way a flow can go. */
export interface Branch {
  readonly name: string;
  readonly summary: string;
  /** Plays the case to its end. @throws when anything goes otherwise than this branch says. */
  play(run: CaseRun): Promise<void>;
}

/** A cross-ledger scenario with its happy path first. */
export interface Flow {
  readonly name: 'serious-illness' | 'traffic-fine';
  readonly summary: string;
  readonly branches: readonly Branch[];
}
