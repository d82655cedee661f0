import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKubeClient, defineResource, type KubeClient, type KubeObject, loadKubeConfig } from '@civitas/kube';
import { waitFor } from '@civitas/testkit';
import { readReady, startCity } from '../../test/e2e/running-city.ts';
import { type LoadFigures, SteadyLoad } from './steady-load.ts';
import { VotersWatch } from './voters-watch.ts';

/** What one verb did to the load. */
export interface VerbFigures extends LoadFigures {
  readonly verb: string;
  readonly seconds: number;
  readonly outcome: string;
  readonly lowestReady: number;
  readonly secondsBelowQuorum: number;
}

export interface DayTwoBench {
  readonly perSecond: number;
  /** Only these, by name; default all. */
  readonly verbs: readonly string[] | undefined;
  readonly say: (line: string) => void;
}

interface DoneObject extends KubeObject {
  readonly status?: { readonly phase?: string; readonly finishedAt?: string; readonly message?: string };
}

interface Verb {
  readonly name: string;
  readonly kind: 'LedgerOperation' | 'ValidatorChange';
  readonly spec: object;
  /** What the network is asked for first; the verb waits for it by itself. */
  readonly network?: object;
}

const NAMESPACE = 'jincheng';
const NETWORK = 'health';
const VALIDATORS = 4;
const QUORUM = 3;
const VERB_MS_MAX = 600_000;
const READY_MS_MAX = 180_000;
/** Load before and after each verb, ms: what a verb leaves behind belongs to it. */
const MARGIN_MS = 3_000;
const ADDRESS = { group: 'civitas.dev', version: 'v1alpha1', namespaced: true } as const;
const networks = defineResource<KubeObject>({ ...ADDRESS, plural: 'ledgernetworks' });
const RESOURCES = {
  LedgerOperation: defineResource<DoneObject>({ ...ADDRESS, plural: 'ledgeroperations' }),
  ValidatorChange: defineResource<DoneObject>({ ...ADDRESS, plural: 'validatorchanges' }),
};
const LAST = `${NETWORK}-${VALIDATORS - 1}`;

const NEWCOMER = `${NETWORK}-${VALIDATORS}`;
const POOLS = [
  { name: 'validators', role: 'validator', replicas: VALIDATORS },
  { name: 'observers', role: 'observer', replicas: 1 },
];

const operation = (name: string, spec: object): Verb => ({ name, kind: 'LedgerOperation', spec: { networkRef: NETWORK, ...spec } });

const change = (name: string, changes: readonly object[], network: object = {}): Verb => ({
  name,
  kind: 'ValidatorChange',
  spec: { networkRef: NETWORK, changes },
  network,
});

const VERBS: readonly Verb[] = [
  operation('restart', { type: 'Restart' }),
  operation('rotate-certificates', { type: 'RotateCertificates' }),
  operation('rotate-ca', { type: 'RotateCA', overlapSeconds: 30 }),
  operation('expand-storage', { type: 'ExpandStorage', storageSize: '20Gi' }),
  operation('fence', { type: 'Fence', nodes: [LAST] }),
  operation('rebuild-node', { type: 'RebuildNode', nodes: [LAST] }),
  operation('unfence', { type: 'Unfence', nodes: [LAST] }),
  operation('upgrade', { type: 'Upgrade', version: '0.1.1' }),
  change('add-validator', [{ type: 'Add', node: NEWCOMER }], { spec: { pools: POOLS } }),
  change('remove-validator', [{ type: 'Remove', node: NEWCOMER }]),
];

const ENDED: readonly string[] = ['Done', 'Aborted', 'Refused', 'Superseded', 'Completed', 'Rejected', 'Expired', 'Failed'];

async function done(kube: KubeClient, verb: Verb): Promise<string> {
  const name = `bench-${verb.name}`;
  if (verb.network !== undefined) await kube.mergePatch(networks, { name: NETWORK, namespace: NAMESPACE }, verb.network);
  await kube.create(RESOURCES[verb.kind], {
    apiVersion: 'civitas.dev/v1alpha1',
    kind: verb.kind,
    metadata: { name, namespace: NAMESPACE },
    spec: verb.spec,
  });
  let last: DoneObject | undefined;
  try {
    return await waitFor(
      `${verb.name} to end`,
      async () => {
        last = await kube.get(RESOURCES[verb.kind], { name, namespace: NAMESPACE });
        const { phase = '' } = last.status ?? {};
        return ENDED.includes(phase) ? phase : undefined;
      },
      VERB_MS_MAX,
    );
  } catch {
    return `not ended: ${last?.status?.phase ?? ''} ${last?.status?.message ?? ''}`;
  }
}

async function measured(parts: { kube: KubeClient; load: SteadyLoad; watch: VotersWatch }, verb: Verb): Promise<VerbFigures> {
  const { kube, load, watch } = parts;
  const fromMs = performance.now();
  watch.start();
  await new Promise((resolve) => setTimeout(resolve, MARGIN_MS));
  const startedMs = performance.now();
  const outcome = await done(kube, verb);
  const seconds = Math.round((performance.now() - startedMs) / 100) / 10;
  await new Promise((resolve) => setTimeout(resolve, MARGIN_MS));
  const voters = watch.stop();
  return { verb: verb.name, seconds, outcome, ...voters, ...(await load.figures(fromMs, performance.now())) };
}

/**
 * Each day-two verb on a network of four validators under a steady load, one after another: how long it took, what it cost the load, and
 * whether the network was ever below a quorum.
 */
export async function benchDayTwo({ perSecond, verbs, say }: DayTwoBench): Promise<{ perSecond: number; verbs: readonly VerbFigures[] }> {
  const home = mkdtempSync(join(tmpdir(), 'civitas-day-two-'));
  say(`starting a city in ${home}`);
  const city = await startCity(home, { arguments: ['--engine', 'cometbft', '--networks', NETWORK], readyWithinMs: READY_MS_MAX });
  const figures: VerbFigures[] = [];
  try {
    const kube = createKubeClient(await loadKubeConfig({ path: readReady(home).kubeconfig }));
    const load = new SteadyLoad(home, NETWORK);
    const watch = new VotersWatch(kube, { namespace: NAMESPACE, name: NETWORK, quorum: QUORUM });
    load.start(perSecond);
    for (const verb of VERBS.filter(({ name }) => verbs === undefined || verbs.includes(name))) {
      say(verb.name);
      figures.push(await measured({ kube, load, watch }, verb));
      say(JSON.stringify(figures.at(-1)));
    }
    await load.stop();
    return { perSecond, verbs: figures };
  } finally {
    await city.stop();
    rmSync(home, { recursive: true, force: true });
  }
}
