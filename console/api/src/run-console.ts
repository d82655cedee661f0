import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { LANGUAGES } from '@civitas/console-contract';
import { CONSOLE_ACCESS } from '@civitas/deployment';
import { configMaps, createKubeClient, createReflector, type KubeClient, type Log, loadKubeConfig, systemClock } from '@civitas/kube';
import {
  consoleMetrics,
  countSpans,
  followLevelSignal,
  type Logger,
  openLogger,
  openMetricsRegistry,
  openTracing,
  processMetrics,
  sentenceLogOf,
  serveMetrics,
} from '@civitas/telemetry';
import { openAuditLog } from './audit/audit-log.ts';
import type { ConsoleSettings } from './config/console-config.ts';
import { openIdentity } from './config/open-identity.ts';
import type { ConsoleContext } from './context.ts';
import { followFigures } from './figures/follow-figures.ts';
import { Idempotency } from './http/idempotency.ts';
import { buildServer } from './http/server.ts';
import { createActing, SYSTEM_NAMESPACE } from './kube/acting.ts';
import { followCity, hasSynced, stopFollowing, waitForSync } from './kube/city-caches.ts';
import { viewCity } from './kube/city-view.ts';
import { publishRequest } from './ledger/console-access.ts';
import { openConsoleKey } from './ledger/console-key.ts';
import { createLedgers } from './ledger/ledgers.ts';
import { createChangeHub } from './live/change-hub.ts';
import { followLedgers } from './live/follow-ledgers.ts';
import { allHandlers } from './routes/all-handlers.ts';
import { countedAudit } from './telemetry/follow-audit.ts';
import { watchDirectory } from './telemetry/follow-directory.ts';

const MONOTONIC = { monotonicMs: () => performance.now() };
const DATA_MODE = 0o700;

/** Follows what the console reads of the cluster, and says how it is reached. */
async function openCluster(settings: ConsoleSettings, log: Log) {
  const access = await loadKubeConfig({ root: settings.root });
  const options: { ca?: unknown } = {};
  await access.applyToHTTPSOptions(options as Parameters<typeof access.applyToHTTPSOptions>[0]);
  const caPem = Buffer.isBuffer(options.ca) ? options.ca.toString('utf8') : typeof options.ca === 'string' ? options.ca : '';
  const client: KubeClient = createKubeClient(access, { clock: systemClock });
  const caches = followCity({ client, clock: systemClock, log });
  const ledgerAccess = createReflector({
    client,
    resource: configMaps,
    namespace: SYSTEM_NAMESPACE,
    fieldSelector: `metadata.name=${CONSOLE_ACCESS}`,
    clock: systemClock,
    log,
  });
  ledgerAccess.start();
  return { client, caches, ledgerAccess, cluster: { server: access.getCurrentCluster()?.server ?? '', caPem } };
}

/** What it measures, and where its spans go. */
function openTelemetry({ tracing: asked }: ConsoleSettings, version: string, log: Logger) {
  const registry = openMetricsRegistry({ component: 'console' });
  const meters = registry.register(consoleMetrics);
  const process = registry.register(processMetrics);
  process.buildInfo.set({ version, component: 'console', engine: '' }, 1);
  const tracing = openTracing(asked, log);
  countSpans(tracing, process, registry);
  return { registry, meters, tracing };
}

/** Runs the console until `signal` aborts. @returns the exit code. */
export async function runConsole(settings: ConsoleSettings, version: string, signal: AbortSignal): Promise<number> {
  const log = openLogger({ component: 'console' }, settings.logLevel);
  followLevelSignal(log);
  const data = settings.pathOf('data');
  await mkdir(data, { recursive: true, mode: DATA_MODE });
  const { registry, meters, tracing } = openTelemetry(settings, version, log);
  const { client, caches, ledgerAccess, cluster } = await openCluster(settings, sentenceLogOf(log));
  const audit = countedAudit(await openAuditLog(join(data, 'audit.jsonl'), () => systemClock.nowUnixMs()), meters, registry);
  const broken = audit.problem();
  if (broken !== undefined) log.error('audit-log-broken', { problem: broken });
  const key = await openConsoleKey(data);
  const identity = await openIdentity(settings, systemClock, log);
  const view = viewCity(caches);
  await waitForSync(caches, signal);
  const hub = createChangeHub(caches, view, randomBytes(6).toString('hex'));
  const ledgers = createLedgers(ledgerAccess.store, key, CONSOLE_ACCESS);
  const figures = followFigures({ networks: () => caches.networks.store.list(), nowUnixMs: () => systemClock.nowUnixMs() });
  void figures.sample();
  const context: ConsoleContext = {
    settings: {
      version,
      identity: identity.shown,
      languages: [...LANGUAGES],
      ...(settings.grafanaUrl === undefined ? {} : { grafanaUrl: settings.grafanaUrl }),
    },
    client,
    clock: systemClock,
    log,
    caches,
    view,
    acting: createActing(client, MONOTONIC),
    audit,
    idempotency: new Idempotency(() => performance.now()),
    directory: identity.directory,
    hub,
    ledgers,
    figures,
    cluster,
  };
  const app = await buildServer({
    meters,
    tracing,
    log,
    verifier: identity.verifier,
    nowUnixMs: () => systemClock.nowUnixMs(),
    agenciesOf: (name) => view.partsOf({ namespace: view.namespace() ?? '', name }).map(({ agency }) => agency),
    origin: settings.url,
    handlers: allHandlers(context),
    webFolder: settings.webFolder,
    identityOrigin: identity.origin,
    mount: identity.mount,
  });
  const endFollowing = followLedgers(context);
  const directoryWatch = watchDirectory(identity.directory, { up: meters.directoryUp, log });
  await app.listen({ host: settings.address, port: settings.port });
  await publishRequest(client, key.requestPem);
  const isReady = (): boolean => hasSynced(caches);
  const metrics = await serveMetrics({ registry, address: settings.address, port: settings.metricsPort, isReady });
  log.info('console-serves', { version, url: settings.url, web: settings.webFolder !== undefined });
  await aborted(signal);
  endFollowing();
  for (const part of [hub, directoryWatch, figures]) part.close();
  await app.close();
  await metrics.close();
  await tracing.close();
  await Promise.all([stopFollowing(caches), ledgerAccess.stop(), identity.close(), audit.close()]);
  ledgers.close();
  client.close();
  return 0;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
