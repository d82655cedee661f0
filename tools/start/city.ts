import { mkdirSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connectCluster, ensureProfile, refreshProfiles } from '@civitas/cli';
import type { KubeClient } from '@civitas/kube';
import { type ApiServer, type ApiServerOptions, startApiServer, startKubelet } from '@civitas/localcluster';
import { findEngineTools } from '../engine/engine-tools.ts';
import { buildWeb } from './build-web.ts';
import { type CityMonitoring, planMonitoring } from './city-monitoring.ts';
import { type Expected, fetchCityStatus } from './city-status.ts';
import { openClusterMetrics } from './cluster-metrics.ts';
import { COMPILE_CACHE } from './compile-cache.ts';
import { type ConsensusChoice, choiceText, consensusChoice, engineBinary, engineVariables, withConsensus } from './consensus-choice.ts';
import { type PreparedConsole, prepareConsole, withIdentity, withoutLocalPeople } from './console.ts';
import { createFileLog } from './file-log.ts';
import { exportFirstCase } from './first-case.ts';
import { type Home, homePathOf, openHome, writeAtomically } from './home.ts';
import { type ChosenIdentity, identityChoice } from './identity-choice.ts';
import { fetchLiveFigures } from './live-figures.ts';
import { applyManifests, type Manifest, readManifests, withClients } from './manifests.ts';
import { verifyOffline } from './offline-verification.ts';
import type { StartOptions } from './options.ts';
import { waitUntilReady } from './pods-ready.ts';
import { assertPortFree } from './port-holder.ts';
import { waitUntilUp } from './progress.ts';
import { readyFileOf, writeReadyFile } from './ready-file.ts';
import { fetchScrapeTargets, scrapeConfigOf } from './scrape-config.ts';
import { summaryOf } from './summary.ts';

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const CIVITAS = join(ROOT, 'cli/src/main.ts');
/** Every kind there is: the operator waits for all that it watches. */
const CRDS = readdirSync(join(ROOT, 'charts/civitas/crds')).map((file) => `charts/civitas/crds/${file}`);
const OPERATOR = 'charts/civitas/laptop/operator.yaml';
const CONSOLE = 'charts/civitas/laptop/console.yaml';
const CONSOLE_POD = 'civitas-console';
const SAMPLE = 'samples/jincheng.yaml';
const RULES = 'charts/civitas/alerts/civitas.rules.yaml';

/** What runs for an image name on this machine: the same programs the images hold. */
const IMAGES = {
  'civitas.dev/node': programOf('node/src'),
  'civitas.dev/operator': programOf('operator/src'),
  'civitas.dev/console': programOf('console/api/src'),
} as const;

/** As its image's entry point has it. */
function programOf(folder: string): readonly string[] {
  return [process.execPath, '--import', join(ROOT, folder, 'preload.ts'), join(ROOT, folder, 'main.ts')];
}

type Say = (line: string) => void;

/** What a city needs of an API server. */
export type CityApi = Pick<ApiServer, 'url' | 'caPem' | 'kubeconfigPath' | 'port' | 'attachPodLogs' | 'stop'>;
export type OpenCityApi = (options: ApiServerOptions) => Promise<CityApi>;

/**
 * Runs the city until `stop` fires, then stops everything it started.
 *
 * @param openApi the API server of this machine, or another one, whose kubeconfig it then puts into the home.
 * @throws StartRefused for what the person can act on; nothing is left running then.
 */
export async function runCity(options: StartOptions, say: Say, stop: AbortSignal, openApi: OpenCityApi = startApiServer): Promise<void> {
  const home = openHome(homePathOf(options.home));
  try {
    const [second, third] = home.record.subnet;
    const address = `127.${second}.${third}.1`;
    await assertPortFree(address, options.port);
    const sample = readManifests(ROOT, SAMPLE);
    const choice = consensusChoice(options, home.record, sample);
    const identity = identityChoice(options.keycloak, home.record);
    const { CIVITAS_ENGINE_BINARY: named, CIVITAS_HANDOVER_BINARY: handOver } = process.env;
    const tools = findEngineTools();
    const engine = engineVariables(engineBinary(choice, { named, tools }), { named, handOver, tools });
    const startedMs = performance.now();
    await using cluster = await startCluster(home, { address, port: options.port, engine }, openApi);
    say(`civitas: home ${home.path}, Kubernetes API at ${cluster.url}`);
    const monitoring = options.prometheus ? planMonitoring(home.path, address, say) : undefined;
    try {
      await bringUp(home, cluster, { options, say, stop, choice, identity, sample: withConsensus(sample, choice), monitoring });
      say(`ready in ${((performance.now() - startedMs) / 1000).toFixed(1)} s`);
      await watchUntil(stop, monitoring, say);
    } catch (error) {
      if (!stop.aborted) throw error;
    }
    say('stopping…');
  } finally {
    home.release();
  }
  say('stopped; nothing is left running. npm start resumes the same chains.');
}

interface Cluster extends AsyncDisposable {
  readonly url: string;
  readonly kubeconfigPath: string;
  readonly kube: KubeClient;
  readonly metricsAddress: string;
}

async function startCluster(
  home: Home,
  { engine, ...listen }: { address: string; port: number; engine: Readonly<Record<string, string>> },
  openApi: OpenCityApi,
): Promise<Cluster> {
  const [second, third] = home.record.subnet;
  const log = createFileLog(join(home.path, 'cluster.log'));
  const metrics = openClusterMetrics(listen.address);
  const serviceCidr = `127.${second}.${third + 1}.0/24`;
  const api = await openApi({ home: home.path, ...listen, serviceCidr, log, audit: metrics.count });
  const kubelet = await startKubelet({
    port: api.port,
    home: home.path,
    podCidr: `127.${second}.${third}.0/24`,
    apiUrl: api.url,
    caPem: api.caPem,
    images: IMAGES,
    variables: { NODE_COMPILE_CACHE: COMPILE_CACHE, ...engine, ...tracingVariables(process.env) },
    log,
  });
  api.attachPodLogs(kubelet.logs);
  const metricsAddress = await metrics.serve(kubelet);
  return {
    metricsAddress,
    url: api.url,
    kubeconfigPath: api.kubeconfigPath,
    kube: connectCluster(home.path),
    async [Symbol.asyncDispose]() {
      await metrics.close();
      await kubelet.stop();
      await api.stop();
      log.close();
    },
  };
}

interface CityRun {
  readonly options: StartOptions;
  readonly say: Say;
  readonly stop: AbortSignal;
  readonly choice: ConsensusChoice;
  readonly identity: ChosenIdentity;
  /** Its manifests, with the choice in them. */
  readonly sample: readonly Manifest[];
  readonly monitoring: CityMonitoring | undefined;
}

async function bringUp(home: Home, cluster: Cluster, run: CityRun): Promise<void> {
  const { kube } = cluster;
  const { sample } = run;
  mkdirSync(join(home.path, 'cases'), { recursive: true, mode: 0o700 });
  await applyManifests(
    kube,
    CRDS.flatMap((path) => readManifests(ROOT, path)),
  );
  await applyManifests(kube, readManifests(ROOT, OPERATOR));
  const manifests = withoutLocalPeople(readManifests(ROOT, CONSOLE), run.identity.choice);
  home.update({ identity: run.identity.choice });
  const console = await prepareConsole(home, kube, { root: ROOT, manifests, identity: run.identity });
  // The pages are built while ledgers are born; the pod that serves them starts after that.
  const pages = buildWeb(ROOT, run.stop).then(() => applyManifests(kube, manifests));
  pages.catch(() => undefined);
  const isFirst = home.record.sampleAppliedAt === null;
  if (isFirst) await applySample(home, kube, { ...run, issuer: console.issuer });
  await waitUntilUp(kube, { ...run, expected: expectedOf(sample, isFirst) });
  await refreshProfiles(home.path, kube);
  if (home.record.case === null) home.update({ case: await exportFirstCase(home, run) });
  const { case: exported } = home.record;
  if (exported === null) throw new Error('the first case was exported and not recorded');
  const bundlePath = join(home.path, exported.bundle);
  const { verifiedAt } = verifyOffline(CIVITAS, bundlePath);
  run.say(`case ${exported.id}: bundle verified offline in an empty folder`);
  await pages;
  await waitUntilReady(kube, CONSOLE_POD, run.stop);
  await writeScrapeConfig(home, cluster, run.monitoring);
  const status = await fetchCityStatus(kube);
  const ready = readyFileOf(status, await fetchLiveFigures(home.path, status), {
    pid: process.pid,
    kubeconfig: cluster.kubeconfigPath,
    console: console.url,
    case: { id: exported.id, bundle: bundlePath, verifiedAt },
  });
  writeReadyFile(home.path, ready);
  run.say(summaryOf(ready, { bundlePath }));
  if (console.adminPassword !== undefined) run.say(firstSignIn(home, console.adminPassword));
  if (run.identity.choice.profile === 'keycloak')
    run.say(`People sign in at ${console.issuer}; its client 'console' has to let them come back to ${console.url}/`);
}

/** Said once: the password is worth nothing after the first sign-in. */
function firstSignIn(home: Home, password: string): string {
  return `Sign in to the console as admin with the one-time password ${password}; those of the sample's people are in ${join(home.path, 'console-users.txt')}`;
}

async function applySample(
  home: Home,
  kube: KubeClient,
  { sample, choice, say, issuer }: CityRun & Pick<PreparedConsole, 'issuer'>,
): Promise<void> {
  const agencies = sample.filter((manifest) => manifest.kind === 'Agency').map((manifest) => manifest.metadata.name);
  const requests = await Promise.all(agencies.map((agency) => ensureProfile(home.path, agency)));
  say(
    `applying ${SAMPLE} on ${choiceText(choice)}: ${sample.length} resources, ${agencies.length} agencies with a credential profile each`,
  );
  await applyManifests(kube, withIdentity(withClients(sample, requests), issuer));
  await applyManifests(kube, supportIn(sample));
  home.update({ sampleAppliedAt: new Date().toISOString(), consensus: choice });
}

/** Where spans of operator and console go, as the environment of `npm start` says it; those of nodes and relay are the CityConfig's. */
function tracingVariables({ CIVITAS_TRACING_ENDPOINT: endpoint, CIVITAS_TRACING_PER_MILLE: perMille }: NodeJS.ProcessEnv) {
  if (endpoint === undefined) return {};
  return { CIVITAS_TRACING_ENDPOINT: endpoint, ...(perMille === undefined ? {} : { CIVITAS_TRACING_PER_MILLE: perMille }) };
}

/** On this machine whoever runs the platform is whoever keeps the namespaces: their support bundles reach into these too. */
function supportIn(sample: readonly Manifest[]): readonly Manifest[] {
  const account = { kind: 'ServiceAccount', name: 'platform-admin', namespace: 'civitas-system' };
  return sample
    .filter(({ kind }) => kind === 'Namespace')
    .map(({ metadata }) => ({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: 'civitas-support', namespace: metadata.name },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'civitas-support' },
      subjects: [account],
    }));
}

function expectedOf(sample: readonly Manifest[], isFirst: boolean): Expected {
  const namesOf = (kind: string): ReadonlySet<string> =>
    new Set(sample.filter((manifest) => manifest.kind === kind).map((manifest) => manifest.metadata.name));
  return { networks: namesOf('LedgerNetwork'), links: namesOf('LedgerLink'), agencies: isFirst ? namesOf('Agency') : new Set() };
}

async function writeScrapeConfig(home: Home, { kube, metricsAddress }: Cluster, monitoring: CityMonitoring | undefined): Promise<void> {
  const targets = [{ job: 'civitas-localcluster', address: metricsAddress, labels: {} }, ...(await fetchScrapeTargets(kube))];
  writeAtomically(join(home.path, 'prometheus.yml'), scrapeConfigOf(targets, join(ROOT, RULES), monitoring?.alertmanager));
}

/** Until `stop` fires; Prometheus and Alertmanager run meanwhile, where they were asked for. */
async function watchUntil(stop: AbortSignal, monitoring: CityMonitoring | undefined, say: Say): Promise<void> {
  const running = monitoring?.start();
  if (running !== undefined) say(`Prometheus: ${running.prometheusUrl}, Alertmanager: ${running.alertmanagerUrl}`);
  try {
    await aborted(stop);
  } finally {
    await running?.stop();
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
