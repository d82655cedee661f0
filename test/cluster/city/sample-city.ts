import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EXIT, ensureProfile } from '@civitas/cli';
import { LateError } from '@civitas/testkit';
import { withConsensus } from '../../../tools/start/consensus-choice.ts';
import { type Manifest, readManifests, withClients } from '../../../tools/start/manifests.ts';
import type { MachineCluster } from '../machine/machine-cluster.ts';
import { until } from '../machine/until.ts';

export const ROOT = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
export const CITY_NAMESPACE = 'jincheng';
export const SYSTEM_NAMESPACE = 'civitas-system';
export const VALIDATORS = 4;
const UP_MS_MAX = 240_000;
const POLL_MS = 2000;
const RESTRICTED = { 'pod-security.kubernetes.io/enforce': 'restricted' } as const;

/**
 * The sample as a platform admin applies it: one network of four validators on CometBFT, the others small, the namespace enforcing Pod
 * Security Standard `restricted`, each agency with the public half of a credential profile below `home`.
 */
export async function sampleCity(
  home: string,
  { consensusNetwork, catalog }: { readonly consensusNetwork: string; readonly catalog: Manifest },
): Promise<readonly Manifest[]> {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const sample = withConsensus(readManifests(ROOT, 'samples/jincheng.yaml'), {
    engine: 'cometbft',
    validators: VALIDATORS,
    networks: [consensusNetwork],
  });
  const agencies = sample.filter(({ kind }) => kind === 'Agency').map(({ metadata }) => metadata.name);
  const requests = await Promise.all(agencies.map((agency) => ensureProfile(home, agency)));
  const adapted = withClients(sample, requests).map((manifest): Manifest => {
    if (manifest.kind === 'Namespace')
      return { ...manifest, metadata: { ...manifest.metadata, labels: { ...labelsOf(manifest), ...RESTRICTED } } };
    return manifest.metadata.name === consensusNetwork && manifest.kind === 'LedgerNetwork' ? byCatalog(manifest, catalog) : manifest;
  });
  return [catalog, ...adapted];
}

function byCatalog(network: Manifest, { metadata }: Manifest): Manifest {
  return { ...network, spec: { ...network.spec, release: { catalogRef: metadata.name } } };
}

function labelsOf({ metadata }: Manifest): Readonly<Record<string, string>> {
  return (metadata as { readonly labels?: Readonly<Record<string, string>> }).labels ?? {};
}

interface Conditioned {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason: string; readonly message: string }[];
  };
}

/** What a resource of each kind must say of itself for the city to be up. */
const UP: Readonly<Record<string, string>> = { LedgerNetwork: 'Available', LedgerLink: 'Flowing', Agency: 'Enrolled', CityConfig: 'Ready' };
const KINDS = 'ledgernetworks,ledgerlinks,agencies,cityconfigs';

/** Until every network makes blocks, every link carries packets and every agency is enrolled. @throws Error that says what is not. */
export async function untilCityUp(cluster: MachineCluster): Promise<void> {
  await until(
    'the city is up',
    async () => {
      const list = JSON.parse(await cluster.kubectl(['get', KINDS, '-A', '-o', 'json'])) as { readonly items: readonly Conditioned[] };
      const missing = list.items.filter((item) => findCondition(item, UP[item.kind] ?? '')?.status !== 'True');
      if (missing.length > 0) throw new Error(missing.map(sayMissing).join('\n'));
      return list.items.length > 0 ? true : undefined;
    },
    UP_MS_MAX,
    POLL_MS,
  );
}

function findCondition({ status }: Conditioned, type: string): { status: string; reason: string; message: string } | undefined {
  return status?.conditions?.find((condition) => condition.type === type);
}

function sayMissing(item: Conditioned): string {
  const condition = findCondition(item, UP[item.kind] ?? '');
  return `${item.kind} ${item.metadata.name}: ${condition === undefined ? 'no status yet' : `${condition.reason}, ${condition.message}`}`;
}

/**
 * The `civitas` command, run where the gateways' Services can be reached.
 *
 * @throws LateError when it says that a step did not come in time; else Error with what it printed.
 */
export async function runCivitas(cluster: MachineCluster, home: string, args: readonly string[]): Promise<string> {
  const command = [process.execPath, join(ROOT, 'cli/src/main.ts'), ...args];
  try {
    return await cluster.run(command, { environment: { CIVITAS_HOME: home, KUBECONFIG: cluster.kubeconfig, NODE_OPTIONS: '' } });
  } catch (error) {
    throw exitCodeOf(error) === EXIT.timedOut && error instanceof Error ? new LateError(error.message, { cause: error }) : error;
  }
}

function exitCodeOf(error: unknown): unknown {
  const cause = error instanceof Error ? error.cause : undefined;
  return typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined;
}

/** Genesis hash of every network, by name: a network that was made anew has another. */
export async function genesisHashes(cluster: MachineCluster): Promise<Readonly<Record<string, string>>> {
  const text = await cluster.kubectl(['get', 'ledgernetworks', '-n', CITY_NAMESPACE, '-o', 'json']);
  const { items } = JSON.parse(text) as { items: readonly { metadata: { name: string }; status?: { genesisHash?: string } }[] };
  return Object.fromEntries(items.map(({ metadata, status }) => [metadata.name, status?.genesisHash ?? '']));
}

export async function heightOf(cluster: MachineCluster, network: string): Promise<number> {
  const path = ['get', 'ledgernetwork', network, '-n', CITY_NAMESPACE, '-o', 'jsonpath={.status.height}'];
  return Number(await cluster.kubectl(path));
}
