import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROBLEMS } from '@civitas/console-contract';
import type { IdentityDirectory, Principal, TokenVerifier } from '@civitas/identity';
import {
  type Clock,
  createKubeClient,
  type KubeClient,
  type ObjectBody,
  type Resource,
  readKubeConfigFile,
  systemClock,
} from '@civitas/kube';
import { type AuditEntry as ApiCall, type PodLogSource, startApiServer } from '@civitas/localcluster';
import { consoleMetrics, openLogger, openMetricsRegistry } from '@civitas/telemetry';
import type { FastifyInstance } from 'fastify';
import { parseAllDocuments } from 'yaml';
import { type AuditLog, openAuditLog } from '../audit/audit-log.ts';
import type { ConsoleContext } from '../context.ts';
import { Idempotency } from '../http/idempotency.ts';
import { ProblemError } from '../http/problem-error.ts';
import { buildServer } from '../http/server.ts';
import { createActing } from '../kube/acting.ts';
import { followCity, stopFollowing, waitForSync } from '../kube/city-caches.ts';
import { viewCity } from '../kube/city-view.ts';
import type { Ledgers } from '../ledger/ledgers.ts';
import { createChangeHub } from '../live/change-hub.ts';
import { allHandlers } from '../routes/all-handlers.ts';
import { emptyDirectory } from './empty-directory.ts';

const CHART = new URL('../../../../charts/civitas/', import.meta.url);
export const ORIGIN = 'http://console.test';
const PLURALS: Readonly<Record<string, string>> = { Agency: 'agencies', CityConfig: 'cityconfigs' };
const CLUSTER_SCOPED = ['Namespace', 'ClusterRole', 'ClusterRoleBinding', 'CustomResourceDefinition', 'Agency', 'CityConfig'];

/** Where a manifest is written. */
export function resourceOf({ apiVersion, kind }: ObjectBody): Resource {
  const [group = '', version = ''] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
  return { group, version, plural: PLURALS[kind] ?? `${kind.toLowerCase()}s`, namespaced: !CLUSTER_SCOPED.includes(kind) };
}

const documentsIn = (file: URL): readonly ObjectBody[] => parseAllDocuments(readFileSync(file, 'utf8')).map((document) => document.toJS());

/** Somebody who has just signed in with a second factor, over what is given. */
export function aPerson(over: Partial<Principal> = {}): Principal {
  const authTimeUnixS = Math.floor(Date.now() / 1000);
  return { sub: 'person-1', name: '王芳', platformRoles: [], organizations: {}, acr: '2', authTimeUnixS, azp: 'console', ...over };
}

export interface TestConsole {
  readonly app: FastifyInstance;
  readonly admin: KubeClient;
  readonly context: ConsoleContext;
  readonly audit: AuditLog;
  /** Every call that reached the API server. */
  readonly calls: ApiCall[];
  /** A token for somebody. */
  tokenOf(principal: Principal): string;
  stop(): Promise<void>;
}

/** No ledger answers. */
const noLedgers: Ledgers = {
  open() {
    throw new ProblemError('LEDGER_UNREACHABLE', PROBLEMS.LEDGER_UNREACHABLE.title);
  },
  findHead: async () => undefined,
  findPackets: async () => undefined,
  findFailedPackets: async () => undefined,
  close() {},
};

/** Takes the tokens that were given out, and no others. */
function verifierOf(people: ReadonlyMap<string, Principal>): TokenVerifier {
  return {
    verify: async (text) => {
      const principal = people.get(text);
      if (principal === undefined) return { ok: false, refusal: { code: 'TOKEN_SIGNATURE', facts: {}, then: 'drop' } };
      return { ok: true, value: { principal, expiresAtUnixS: Math.floor(Date.now() / 1000) + 300 } };
    },
  };
}

/** An API server with the chart's definitions and rights, and a client that is the console's account. */
export async function openCluster(octet: number, manifests: readonly ObjectBody[]) {
  const home = mkdtempSync(join(tmpdir(), 'civitas-console-'));
  const calls: ApiCall[] = [];
  const log = { info: () => {}, error: () => {} };
  const listen = { address: `127.${octet}.0.1`, port: 0, serviceCidr: `127.${octet}.1.0/24` };
  const api = await startApiServer({ home, ...listen, log, audit: (call) => calls.push(call) });
  const admin = createKubeClient(readKubeConfigFile(api.kubeconfigPath));
  const definitions = readdirSync(new URL('crds/', CHART)).flatMap((file) => documentsIn(new URL(`crds/${file}`, CHART)));
  const rights = ['operator', 'console'].flatMap((name) => documentsIn(new URL(`laptop/${name}.yaml`, CHART)));
  const rbac = rights.filter(({ kind }) => /^(Namespace|ServiceAccount|(Cluster)?Role(Binding)?)$/.test(kind));
  for (const manifest of [...definitions, ...rbac, ...manifests]) await admin.create(resourceOf(manifest), manifest);
  const token = api.port.serviceAccountToken('civitas-system', 'civitas-console');
  const client = createKubeClient({
    getCurrentCluster: () => ({ server: api.url }),
    getCurrentContext: () => 'console',
    getContextObject: () => ({ namespace: 'civitas-system' }),
    async applyToHTTPSOptions(target) {
      target.ca = api.caPem;
      target.headers = { Authorization: `Bearer ${token}` };
    },
  });
  return { home, api, admin, client, calls };
}

/**
 * The console on an API server of one machine, with the chart's definitions and rights: it has the rights of its own account and no others.
 *
 * @param octet second number of its loopback addresses, so that suites side by side do not meet.
 */
export async function startTestConsole(
  octet: number,
  more: { directory?: IdentityDirectory; manifests?: readonly ObjectBody[]; ledgers?: Ledgers; clock?: Clock; podLogs?: PodLogSource } = {},
): Promise<TestConsole> {
  const { home, api, admin, client, calls } = await openCluster(octet, more.manifests ?? []);
  if (more.podLogs !== undefined) api.attachPodLogs(more.podLogs);
  const caches = followCity({ client, clock: systemClock, log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} } });
  await waitForSync(caches, AbortSignal.timeout(30_000));
  const view = viewCity(caches);
  const audit = await openAuditLog(join(home, 'audit.jsonl'), Date.now);
  const people = new Map<string, Principal>();
  const context: ConsoleContext = {
    settings: { version: '0.0.0', identity: { profile: 'local', url: '', realm: 'city', clientId: 'console' }, languages: ['zh-CN', 'en'] },
    client,
    clock: more.clock ?? systemClock,
    log: openLogger({ component: 'console' }, 'error', () => {}),
    caches,
    view,
    acting: createActing(client, systemClock),
    audit,
    idempotency: new Idempotency(() => performance.now()),
    directory: more.directory ?? emptyDirectory,
    hub: createChangeHub(caches, view, 'e0'),
    ledgers: more.ledgers ?? noLedgers,
    figures: { samplesOf: () => [], isHeard: () => false },
    cluster: { server: api.url, caPem: api.caPem },
  };
  const app = await buildServer({
    meters: openMetricsRegistry({}).register(consoleMetrics),
    log: context.log,
    verifier: verifierOf(people),
    nowUnixMs: Date.now,
    agenciesOf: (name) => view.partsOf({ namespace: view.namespace() ?? '', name }).map(({ agency }) => agency),
    origin: ORIGIN,
    handlers: allHandlers(context),
    webFolder: undefined,
    identityOrigin: undefined,
  });
  return {
    app,
    admin,
    context,
    audit,
    calls,
    tokenOf(principal) {
      const text = `token-${people.size + 1}`;
      people.set(text, principal);
      return text;
    },
    async stop() {
      await app.close();
      context.hub.close();
      await stopFollowing(caches);
      await audit.close();
      client.close();
      admin.close();
      await api.stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
}
