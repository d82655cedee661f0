import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { waitFor } from '@civitas/testkit';
import { type EngineNetwork, type EngineTables, RPC_PORT, startEngineNetwork } from '../../test/consensus/conformance/engine-network.ts';
import type { EngineTools } from '../../tools/engine/engine-tools.ts';
import type { Quantiles } from '../quantiles.ts';
import type { PeerName } from './peer-names.ts';

export interface PeerOptions {
  readonly peer: PeerName;
  readonly tools: EngineTools;
  readonly validators: number;
  readonly seconds: number;
  readonly say: (line: string) => void;
}

export interface PeerFigures {
  readonly operationsPerSecond: number;
  readonly commitMsAtHalf: Quantiles;
  readonly commitMsAt10PerSecond: Quantiles;
  readonly idleCommitMs: number;
  /** Of each validator, and of the generator. */
  readonly cpuMicrosPerOperation: { readonly engine: number; readonly generator: number };
  readonly rssBytes: number;
  readonly diskBytesPerOperation: number;
  readonly rejected: number;
}

/** What helps on one machine; our own engine's settings differ in none of these. */
const TUNED: EngineTables = {
  rpc: { pprof_laddr: '', max_request_batch_size: 1000 },
  p2p: { flush_throttle_timeout: '5ms', send_rate: 51_200_000, recv_rate: 51_200_000 },
  mempool: { recheck: false, size: 20_000, cache_size: 100_000 },
  consensus: { timeout_commit: '0s', skip_timeout_commit: true, create_empty_blocks: false, peer_gossip_sleep_duration: '5ms' },
  tx_index: { indexer: 'null' },
};
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
const WINDOW = 8_000;
const WARM_UP_SECONDS_MAX = 30;
const LOAD_BYTES_MAX = 16_777_216;
/** Transactions of the sat mode that are signed beforehand: above the fastest peer's rate. */
const PRESIGNED_PER_SECOND = 6_000;

interface Report {
  readonly tps: number;
  readonly rejected: number;
  readonly committed_total: number;
  readonly measured_s: number;
  readonly latency_ms: { readonly p50?: number; readonly p90?: number; readonly p99?: number; readonly max?: number };
  readonly cpu_cores_nodes_total?: number;
  readonly cpu_cores_loader?: number;
  readonly rss_peak_mib?: Readonly<Record<string, number>>;
  readonly disk_bytes_per_tx?: Readonly<Record<string, number>>;
}

const quantiles = ({ latency_ms: { p50 = 0, p90 = 0, p99 = 0, max = 0 } }: Report): Quantiles => ({ p50, p90, p99, max });
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);

async function offer(
  network: EngineNetwork,
  { tools, peer }: PeerOptions,
  flags: Readonly<Record<string, string | number>>,
): Promise<Report> {
  const { nodes } = network;
  const common = {
    nodes: nodes.map(({ address }) => `${address}:${RPC_PORT}`).join(),
    pids: nodes.map(({ process }) => process?.pid).join(),
    homes: nodes.map(({ home }) => join(home, 'data')).join(),
  };
  const args = Object.entries({ ...common, ...flags }).map(([name, value]) => `-${name}=${value}`);
  if (peer === 'cometbft-sigkv') args.push('-signed');
  const { stdout } = await promisify(execFile)(tools.path('cmtload'), args, { maxBuffer: LOAD_BYTES_MAX });
  return JSON.parse(stdout) as Report;
}

async function measure(network: EngineNetwork, options: PeerOptions): Promise<PeerFigures> {
  const { seconds, validators, say, peer } = options;
  const warm = Math.min(WARM_UP_SECONDS_MAX, Math.max(2, seconds / 2));
  const presign = (perSecond: number, length: number): number => (peer === 'cometbft-sigkv' ? Math.ceil(perSecond * length) : 0);
  say(`${peer}: lone transactions`);
  const idle = await offer(network, options, { mode: 'idle', n: Math.max(5, Math.min(15, seconds)) });
  say(`${peer}: 10 transactions a second`);
  const light = await offer(network, options, { mode: 'rate', rate: 10, dur: `${Math.min(30, seconds) + 2}s`, warm: '2s' });
  say(`${peer}: closed loop`);
  const length = seconds + warm;
  const closed = { mode: 'sat', window: WINDOW, dur: `${length}s`, warm: `${warm}s`, presign: presign(PRESIGNED_PER_SECOND, length) };
  const full = await offer(network, options, closed);
  say(`${peer}: half load`);
  const rate = Math.max(1, Math.round(full.tps / 2));
  const half = await offer(network, options, { mode: 'rate', rate, dur: `${length}s`, warm: `${warm}s`, presign: presign(rate, length) });
  const microsPerOperation = (cores = 0): number => Math.round((cores * 1_000_000) / Math.max(1, full.tps));
  return {
    operationsPerSecond: full.tps,
    commitMsAtHalf: quantiles(half),
    commitMsAt10PerSecond: quantiles(light),
    idleCommitMs: quantiles(idle).p50,
    cpuMicrosPerOperation: {
      engine: Math.round(microsPerOperation(full.cpu_cores_nodes_total) / validators),
      generator: microsPerOperation(full.cpu_cores_loader),
    },
    rssBytes: Math.round(mean(Object.values(full.rss_peak_mib ?? {})) * 1_048_576),
    diskBytesPerOperation: Math.round(mean(Object.values(full.disk_bytes_per_tx ?? {}))),
    rejected: idle.rejected + light.rejected + full.rejected + half.rejected,
  };
}

/** A network of the peer, from birth to end. */
export async function benchPeer(options: PeerOptions): Promise<PeerFigures> {
  const { peer, tools, validators, say } = options;
  const folder = mkdtempSync(join(tmpdir(), 'cvp-'));
  say(`starting ${validators} validators of ${peer}`);
  const program = tools.path(peer === 'cometbft-sigkv' ? 'sigkv' : 'cometbft');
  const app = peer === 'cometbft-sigkv' ? {} : { proxy_app: 'persistent_kvstore' };
  const network = await startEngineNetwork({
    folder,
    // The collector's rate that our engine has, too (run-engine).
    command: ['env', 'GOGC=300', program],
    chainId: `peer-${peer}`,
    powers: Array.from({ length: validators }, () => 10n),
    rpc: 'tcp',
    tables: () => ({ ...TUNED, '': app }),
  });
  const stop = async (): Promise<void> => {
    await network.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  const interrupted = (): void => void stop().finally(() => process.exit(1));
  for (const signal of SIGNALS) process.once(signal, interrupted);
  try {
    await waitFor('the first block of the peer', async () => (await firstHeight(network)) >= 1, 60_000);
    return await measure(network, options);
  } finally {
    for (const signal of SIGNALS) process.off(signal, interrupted);
    await stop();
  }
}

async function firstHeight({ nodes: [node] }: EngineNetwork): Promise<number> {
  const answer = await fetch(`http://${node?.address}:${RPC_PORT}/status`);
  const { result } = (await answer.json()) as { result: { sync_info: { latest_block_height: string } } };
  return Number(result.sync_info.latest_block_height);
}
