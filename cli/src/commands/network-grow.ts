import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeClient, KubeObject, Resource } from '@civitas/kube';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { withCluster } from '../profile/refresh-profiles.ts';
import type { NetworkObject } from './city-resources.ts';
import type { CommandContext } from './context.ts';
import { type GrowingNetwork, growthOf, type NetworkGrowth, type PoolSpec } from './network-growth.ts';
import { usage, wholeNumberOf } from './usage.ts';

export interface NetworkGrowOptions {
  readonly validators: string;
  readonly namespace?: string;
  /** Do it; without it the steps are shown alone. */
  readonly yes?: boolean;
  /** False with --no-wait. */
  readonly wait?: boolean;
}

interface CityConfig extends KubeObject {
  readonly spec: { readonly engine: string; readonly validatorsPerNetwork: number };
}

/** A LedgerNetwork with what a growth changes. */
export interface GrowNetworkObject extends NetworkObject {
  readonly spec: NetworkObject['spec'] & {
    readonly engine?: string;
    readonly pools?: readonly PoolSpec[];
    readonly paused?: boolean;
  };
}

/** What a growth needs of a cluster. */
export interface GrowCluster {
  networks(): Promise<readonly GrowNetworkObject[]>;
  cityDefaults(): Promise<{ readonly engine: string; readonly validatorsPerNetwork: number } | undefined>;
  find(ref: NetworkRef): Promise<GrowNetworkObject | undefined>;
  patch(ref: NetworkRef, patch: NetworkGrowth['patch']): Promise<GrowNetworkObject>;
}

interface NetworkRef {
  readonly namespace: string;
  readonly name: string;
}

const API = { group: 'civitas.dev', version: 'v1alpha1' } as const;
const networks: Resource<GrowNetworkObject> = { ...API, plural: 'ledgernetworks', namespaced: true };
const cityConfigs: Resource<CityConfig> = { ...API, plural: 'cityconfigs', namespaced: false };
/** A vote of more costs more than it protects. */
const VALIDATORS_MAX = 100;
const POLL_MS = 250;
/** Heights change all the time: the same step is told again only so often. */
const REPEAT_MS = 5_000;

async function findNetwork(cluster: GrowCluster, name: string, namespace: string | undefined): Promise<GrowNetworkObject> {
  const items = await cluster.networks();
  const named = items.filter(({ metadata }) => metadata.name === name && (namespace ?? metadata.namespace) === metadata.namespace);
  const [network] = named;
  if (network === undefined)
    throw usage(`there is no network '${name}'; there are ${items.map(({ metadata }) => metadata.name).join(', ')}`);
  if (named.length === 1) return network;
  throw usage(`several networks are named '${name}'; say --namespace ${named.map(({ metadata }) => metadata.namespace).join(' or ')}`);
}

async function growingNetwork(cluster: GrowCluster, { metadata, spec, status }: GrowNetworkObject): Promise<GrowingNetwork> {
  const city = await cluster.cityDefaults();
  return {
    name: metadata.name,
    engine: status?.engine ?? spec.engine ?? city?.engine ?? 'embedded',
    pools: spec.pools,
    paused: spec.paused ?? false,
    height: status?.height ?? 0,
    validatorsPerPool: city?.validatorsPerNetwork ?? 1,
  };
}

/** Tells each step until the ledger has all validators. What has begun goes on when this ends. */
async function follow({ terminal, signal }: CommandContext, cluster: GrowCluster, asked: GrowNetworkObject, to: number): Promise<ExitCode> {
  const { name, namespace = '', generation = 0 } = asked.metadata;
  let [told, toldAtMs] = ['', 0];
  for (;;) {
    signal.throwIfAborted();
    const { status } = (await cluster.find({ namespace, name })) ?? {};
    const seen = status?.conditions?.filter(({ observedGeneration = 0 }) => observedGeneration >= generation) ?? [];
    const degraded = seen.find(({ type, status: holds }) => type === 'Degraded' && holds === 'True');
    if (degraded !== undefined) {
      terminal.note(`civitas: ${name} cannot grow: ${degraded.reason}: ${degraded.message}`);
      terminal.result({ ok: false, reason: degraded.reason, message: degraded.message });
      return EXIT.refused;
    }
    const progress = seen.find(({ type }) => type === 'Progressing');
    const inSet = status?.validators?.inSet ?? 0;
    const text = `${progress?.reason}: ${progress?.message}`;
    if (progress !== undefined && text !== told && (progress.reason !== told.split(':')[0] || performance.now() - toldAtMs > REPEAT_MS)) {
      terminal.line(text);
      [told, toldAtMs] = [text, performance.now()];
    }
    if (progress?.status === 'False' && inSet >= to) {
      terminal.result({ ok: true, network: name, validators: status?.validators });
      return EXIT.ok;
    }
    await sleep(POLL_MS, undefined, { signal });
  }
}

function tell({ terminal }: CommandContext, name: string, { from, to, steps }: NetworkGrowth): void {
  terminal.line(`${name}: ${from} → ${to} validators`);
  for (const [at, step] of steps.entries()) terminal.line(`  ${at + 1}. ${step}`);
}

/** The whole command on a cluster. */
export async function growNetwork(
  context: CommandContext,
  cluster: GrowCluster,
  name: string,
  options: NetworkGrowOptions,
): Promise<ExitCode> {
  const to = wholeNumberOf('--validators', options.validators, { min: 1, max: VALIDATORS_MAX });
  const network = await findNetwork(cluster, name, options.namespace);
  const growth = growthOf(await growingNetwork(cluster, network), to);
  tell(context, name, growth);
  if (options.yes !== true) {
    context.terminal.line('nothing has been changed; the same command with --yes does it');
    context.terminal.result({ ok: true, asked: false, ...growth });
    return EXIT.ok;
  }
  const { namespace = '' } = network.metadata;
  const asked = await cluster.patch({ namespace, name }, growth.patch);
  if (options.wait !== false) return follow(context, cluster, asked, to);
  context.terminal.line('asked for; civitas status shows how far it is');
  context.terminal.result({ ok: true, asked: true, ...growth });
  return EXIT.ok;
}

function clusterOf(kube: KubeClient): GrowCluster {
  return {
    networks: async () => (await kube.listAll(networks)).items,
    cityDefaults: async () => (await kube.listAll(cityConfigs)).items[0]?.spec,
    find: (ref) => kube.find(networks, ref),
    patch: (ref, patch) => kube.mergePatch(networks, ref, patch),
  };
}

/** Asks for more validators, on CometBFT; the operator does the rest. */
export function networkGrowCommand(context: CommandContext, name: string, options: NetworkGrowOptions): Promise<ExitCode> {
  return withCluster(context.home, (kube) => growNetwork(context, clusterOf(kube), name, options));
}
