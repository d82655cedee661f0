import { findEngineTools } from '../../tools/engine/engine-tools.ts';
import type { PeerName } from '../peers/peer-names.ts';
import { benchPeer, type PeerFigures } from '../peers/peer-network.ts';
import { benchNetwork, type NetworkFigures } from './bench-network.ts';

export interface CometbftBenchOptions {
  readonly validators: number;
  readonly seconds: number;
  readonly shared: boolean;
  readonly keys: number;
  readonly peer: PeerName | undefined;
  /** Times that ours and the peer take turns. */
  readonly repeats: number;
  readonly say: (line: string) => void;
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
}

/** The run whose throughput is the median: its figures belong together. */
function typicalOf<T>(runs: readonly T[], throughputOf: (run: T) => number): T {
  const median = medianOf(runs.map(throughputOf));
  const typical = runs.find((run) => throughputOf(run) === median);
  if (typical === undefined) throw new Error('nothing was measured');
  return typical;
}

const ratio = (value: number, to: number): number => (to > 0 ? Math.round((value / to) * 1000) / 1000 : 0);

/**
 * Committed operations a second and what they cost on a network of real validators, open loop, signed beforehand; with a peer, the same
 * of its network, turn by turn in one run.
 */
export async function benchCometbft(options: CometbftBenchOptions): Promise<object> {
  const tools = findEngineTools();
  if (tools === undefined) throw new Error('the engine tools are not installed: npm run engine:install');
  const { validators, seconds, shared, keys, peer, repeats, say } = options;
  const ours: NetworkFigures[] = [];
  const peers: PeerFigures[] = [];
  for (let turn = 0; turn < repeats; turn++) {
    ours.push(await benchNetwork({ validators, seconds, shared, keys, loadOnly: turn > 0, say }));
    if (peer !== undefined) peers.push(await benchPeer({ peer, tools, validators, seconds, say }));
  }
  const own = typicalOf(ours, ({ saturation }) => saturation.operationsPerSecond);
  const [first] = ours;
  const figures = {
    engine: 'cometbft',
    validators,
    signatures: shared ? 'shared' : 'one each',
    keys,
    operationsPerSecond: own.saturation.operationsPerSecond,
    closedLoopOperationsPerSecond: own.closedLoop.operationsPerSecond,
    operationsPerSecondOfRuns: ours.map(({ saturation }) => saturation.operationsPerSecond),
    cpuMicrosPerOperation: own.saturation.cpuMicrosPerOperation,
    rssBytes: own.saturation.rssBytes,
    diskBytesPerOperation: own.saturation.diskBytesPerOperation,
    commitMs: own.halfLoad.commitMs,
    commitMsAtSaturation: own.saturation.commitMs,
    commitMsAt10PerSecond: own.tenPerSecond.commitMs,
    idleCommitMs: first?.idleCommitMs ?? own.idleCommitMs,
    restart: first?.restart ?? null,
    catchUp: first?.catchUp ?? null,
    fill: first?.fill ?? null,
    loads: { saturation: own.saturation, halfLoad: own.halfLoad, tenPerSecond: own.tenPerSecond, closedLoop: own.closedLoop },
  };
  if (peer === undefined) return figures;
  const other = typicalOf(peers, ({ operationsPerSecond }) => operationsPerSecond);
  return {
    ...figures,
    // Both closed loop; the peer has no open-loop search for its highest rate.
    ratioToPeer: ratio(own.closedLoop.operationsPerSecond, other.operationsPerSecond),
    ratioToPeerSustained: ratio(own.saturation.operationsPerSecond, other.operationsPerSecond),
    peer: { name: peer, ...other, operationsPerSecondOfRuns: peers.map(({ operationsPerSecond }) => operationsPerSecond) },
  };
}
