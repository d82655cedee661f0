import { TOLERANT_VALIDATORS_MIN } from '@civitas/deployment';
import { usage } from './usage.ts';

/** A group of nodes as a LedgerNetwork's spec names it; what else stands in it is kept. */
export interface PoolSpec {
  readonly name: string;
  readonly role: string;
  readonly replicas?: number;
  readonly agencyRef?: string;
}

/** What a growth starts from. */
export interface GrowingNetwork {
  readonly name: string;
  readonly engine: string;
  readonly pools: readonly PoolSpec[] | undefined;
  readonly paused: boolean;
  /** Blocks to be handed over. */
  readonly height: number;
  /** Of pools that name no number. */
  readonly validatorsPerPool: number;
}

/** A growth as it will be asked for: what a merge patch changes, and what that means. */
export interface NetworkGrowth {
  readonly patch: { readonly spec: { readonly engine: 'cometbft'; readonly pools: readonly PoolSpec[] } };
  readonly from: number;
  readonly to: number;
  readonly steps: readonly string[];
}

/** Pool of the newcomers where the last one cannot be made larger. */
const NEW_POOL = 'members';

function sizeOf(pool: PoolSpec, { engine, validatorsPerPool }: GrowingNetwork): number {
  if (pool.role !== 'validator') return 0;
  return pool.replicas ?? (engine === 'embedded' ? 1 : validatorsPerPool);
}

/**
 * Nodes are numbered through the pools, so newcomers come last; in a pool that names no agency they go round the founders.
 */
function grownPools(pools: readonly PoolSpec[], count: number): readonly PoolSpec[] {
  const last = pools.at(-1);
  if (last?.role === 'validator' && last.agencyRef === undefined) {
    return [...pools.slice(0, -1), { ...last, replicas: (last.replicas ?? 0) + count }];
  }
  let name = NEW_POOL;
  for (let number = 2; pools.some((pool) => pool.name === name); number++) name = `${NEW_POOL}-${number}`;
  return [...pools, { name, role: 'validator', replicas: count }];
}

function stepsOf({ name, engine, height }: GrowingNetwork, from: number, to: number): readonly string[] {
  const handOver = [
    `${name}-0 stops, hands its chain (${height} blocks) over to CometBFT and starts again: the network stands still for that time`,
    'from then on there is no way back to the embedded engine',
  ];
  const added = to - from;
  return [
    ...(engine === 'embedded' ? handOver : []),
    `${added} ${added === 1 ? 'node comes' : 'nodes come'}, one after another: a pod with an engine, a volume and a certificate each`,
    'each catches up, then the platform proposes it as a validator and founders approve; two blocks later it signs',
    ...(from < TOLERANT_VALIDATORS_MIN ? [`until it has ${TOLERANT_VALIDATORS_MIN} validators, none of them may fail`] : []),
  ];
}

/** @throws usage faults where the network cannot grow so. */
export function growthOf(network: GrowingNetwork, to: number): NetworkGrowth {
  const { name, engine, paused } = network;
  const pools = (network.pools ?? [{ name: 'validators', role: 'validator' }]).map((pool) =>
    pool.role === 'validator' ? { ...pool, replicas: sizeOf(pool, network) } : pool,
  );
  const from = pools.reduce((sum, pool) => sum + sizeOf(pool, network), 0);
  if (paused) throw usage(`${name} is paused: the operator changes nothing in it until spec.paused is taken away`);
  if (to < TOLERANT_VALIDATORS_MIN) throw usage(`--validators ${to}: fewer than ${TOLERANT_VALIDATORS_MIN} survive no fault`);
  if (to < from)
    throw usage(
      `${name} has ${from} validators; its members let one go: civitas network propose-validator remove -n ${name} --node <name>`,
    );
  if (to === from && engine === 'cometbft')
    throw usage(`${name} already asks for ${from} validators; see: civitas network validators -n ${name}`);
  const patch = { spec: { engine: 'cometbft' as const, pools: to === from ? pools : grownPools(pools, to - from) } };
  return { patch, from, to, steps: stepsOf(network, from, to) };
}
