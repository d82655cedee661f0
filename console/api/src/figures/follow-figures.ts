import type { LedgerNetwork } from '../kube/kinds.ts';
import { ANSWER_BYTES_MAX, ANSWER_MS_MAX, FOLLOWED_NETWORKS_MAX, SAMPLE_EVERY_MS, SAMPLES_MAX } from './limits.ts';
import { type Sample, sampleOf, type Totals } from './sample-of.ts';

/** The last half hour of every network, as its first node's metrics told it. */
export interface Figures {
  /** Oldest first; empty where nothing was heard. */
  samplesOf(network: LedgerNetwork): readonly Sample[];
  /** Whether the last question was answered. */
  isHeard(network: LedgerNetwork): boolean;
}

export interface FollowedFigures extends Figures {
  /** Asks every network once. */
  sample(): Promise<void>;
  close(): void;
}

export interface FiguresOptions {
  readonly networks: () => readonly LedgerNetwork[];
  readonly nowUnixMs: () => number;
  /** Metrics of an address `host:port`. */
  readonly fetchText?: (address: string) => Promise<string>;
}

interface Kept {
  samples: Sample[];
  totals: Totals | undefined;
  isHeard: boolean;
}

/** What a status may name: an address and a port, nothing that leads elsewhere. */
const ADDRESS = /^(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-fA-F:]+\]|[a-z0-9]([-a-z0-9.]*[a-z0-9])?):\d{2,5}$/;

/** Follows the metrics of all networks by the clock, in memory alone; a console that starts over begins with none. */
export function followFigures({ networks, nowUnixMs, fetchText = fetchMetrics }: FiguresOptions): FollowedFigures {
  const kept = new Map<string, Kept>();
  let isSampling = false;
  const sampleOne = async (network: LedgerNetwork): Promise<void> => {
    const own = kept.get(network.metadata.uid) ?? { samples: [], totals: undefined, isHeard: false };
    kept.set(network.metadata.uid, own);
    const address = network.status?.endpoints?.metrics ?? '';
    if (!ADDRESS.test(address)) {
      own.isHeard = false;
      return;
    }
    try {
      const read = sampleOf(await fetchText(address), nowUnixMs(), own.totals);
      own.isHeard = read !== undefined;
      if (read === undefined) return;
      own.totals = read.totals;
      own.samples = [...own.samples, read.sample].slice(-SAMPLES_MAX);
    } catch {
      // A node that is down is what the page is there to show: it says that nothing is heard.
      own.isHeard = false;
    }
  };
  const sample = async (): Promise<void> => {
    if (isSampling) return;
    isSampling = true;
    try {
      const followed = networks().slice(0, FOLLOWED_NETWORKS_MAX);
      const uids = new Set(followed.map(({ metadata }) => metadata.uid));
      for (const uid of kept.keys()) if (!uids.has(uid)) kept.delete(uid);
      await Promise.all(followed.map(sampleOne));
    } finally {
      isSampling = false;
    }
  };
  const timer = setInterval(() => void sample(), SAMPLE_EVERY_MS);
  timer.unref();
  return {
    samplesOf: ({ metadata }) => kept.get(metadata.uid)?.samples ?? [],
    isHeard: ({ metadata }) => kept.get(metadata.uid)?.isHeard ?? false,
    sample,
    close: () => clearInterval(timer),
  };
}

async function fetchMetrics(address: string): Promise<string> {
  const response = await fetch(`http://${address}/metrics`, { signal: AbortSignal.timeout(ANSWER_MS_MAX), redirect: 'error' });
  if (!response.ok || response.body === null) throw new Error(`${address} answered ${response.status}`);
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response.body) {
    bytes += part.length;
    if (bytes > ANSWER_BYTES_MAX) throw new Error(`${address} says more than ${ANSWER_BYTES_MAX} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}
