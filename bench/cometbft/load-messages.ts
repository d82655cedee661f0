import type { LoadIdentity } from './operations.ts';

/** How a load process reaches the nodes. */
export interface LoadSetup {
  readonly identity: Omit<LoadIdentity, 'genesisHash'> & { readonly genesisHash: string };
  /** `host:port` of each node. */
  readonly addresses: readonly string[];
  /** Certificate of the organisation's client. */
  readonly tlsFolder: string;
}

export interface LoadRun {
  /**
   * Open: `perSecond` operations are due each second, whatever became of earlier ones. Closed: `window` are in flight.
   */
  readonly load: { readonly kind: 'open'; readonly perSecond: number } | { readonly kind: 'closed'; readonly window: number };
  /** Wall clock at which all processes begin. */
  readonly startUnixMs: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
}

export interface LoadResult {
  /** Operations due in the measured time, and those of them that succeeded. */
  readonly offered: number;
  readonly committed: number;
  /** Operations that succeeded during the measured time, whenever they were due. */
  readonly committedMeanwhile: number;
  /** Succeeded in the whole run, with warm-up. */
  readonly committedInAll: number;
  /** From due to receipt, of operations due in the measured time, ms. */
  readonly latenciesMs: Float64Array;
  readonly refusals: Readonly<Record<string, number>>;
  readonly cpuMicros: number;
  /** Operations that were signed during the run, because more were wanted than prepared. */
  readonly signedMeanwhile: number;
}

export type LoadCommand =
  | { readonly do: 'prepare'; readonly operations: number; readonly groupSize: number }
  | { readonly do: 'run'; readonly run: LoadRun }
  | { readonly do: 'stop' };

export type LoadAnswer = { readonly did: 'prepared' } | { readonly did: 'ran'; readonly result: LoadResult };
