import { chmodSync, mkdirSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import { stringify as toYaml } from 'yaml';
import type { ClusterPort, PodLogSource } from '../cluster-port.ts';
import { authenticate } from './auth/authenticate.ts';
import { bootstrapRoles } from './auth/bootstrap-roles.ts';
import { refuseEscalation } from './auth/escalation.ts';
import { impersonate } from './auth/impersonate.ts';
import { type ClusterPki, openPki, writePrivateFile } from './auth/pki.ts';
import { Authorizer } from './auth/rbac.ts';
import { TokenSigner } from './auth/token.ts';
import { makeClusterPort, trimEvents } from './cluster-objects.ts';
import { controllerWrite } from './controllers/controller.ts';
import { runDefinitions } from './controllers/definitions.ts';
import { runDisruption } from './controllers/disruption.ts';
import { runEndpoints } from './controllers/endpoints.ts';
import { runGarbageCollector } from './controllers/garbage-collector.ts';
import { runNamespaces } from './controllers/namespaces.ts';
import { runQuotas } from './controllers/quotas.ts';
import { lockHome } from './home-lock.ts';
import { stringAt } from './json.ts';
import { stopGraceMs } from './limits.ts';
import { refuseOverQuota } from './quota.ts';
import { WatchHub } from './read.ts';
import { Registry } from './registry.ts';
import { type ApiRequest, parseTarget, readBody, verbOf } from './request.ts';
import { storeNameOf } from './resource.ts';
import { type Answer, type AuditEntry, type RouterSources, route } from './router.ts';
import { makeServiceAddresses } from './service-addresses.ts';
import { StatusError, type StatusFacts, statusOf, unauthorized } from './status-error.ts';
import { ObjectStore } from './store.ts';
import { ObjectWriter } from './write.ts';

/** The part of a logger the server uses. */
export interface ApiServerLog {
  info(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

export interface ApiServerOptions {
  /** Folder of the cluster's state; made with mode 0700. */
  readonly home: string;
  /** A loopback address: 127.x.y.z. */
  readonly address: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Range Service addresses come from, like `127.40.7.0/24`. */
  readonly serviceCidr: string;
  readonly podLogs?: PodLogSource;
  /** Told of every request that names who asks, after it was allowed or refused. */
  readonly audit?: (entry: AuditEntry) => void;
  readonly log: ApiServerLog;
}

export interface ApiServer {
  readonly port: ClusterPort;
  /** `https://<address>:<port>` */
  readonly url: string;
  /** Kubeconfig of the cluster's administrator, mode 0600. */
  readonly kubeconfigPath: string;
  readonly caPem: string;
  attachPodLogs(source: PodLogSource): void;
  /** Ends every watch and request, waits for the disk, closes; under a second. */
  stop(): Promise<void>;
}

/**
 * Starts the Kubernetes API of one machine.
 *
 * @throws HomeTakenError when a server runs on this home; Error with code EADDRINUSE when the port is taken; Error when the store was written by a later format; RangeError for a
 * bad `serviceCidr` or an address that is not loopback.
 */
export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  if (!/^127\.\d+\.\d+\.\d+$/.test(options.address))
    throw new RangeError(`the API server listens on loopback only, got ${JSON.stringify(options.address)}`);
  mkdirSync(options.home, { recursive: true, mode: 0o700 });
  chmodSync(options.home, 0o700);
  const unlock = await lockHome(options.home);
  try {
    return await startLocked(options, unlock);
  } catch (cause) {
    await unlock();
    throw cause;
  }
}

async function startLocked(options: ApiServerOptions, unlock: () => Promise<void>): Promise<ApiServer> {
  const storeFolder = join(options.home, 'store');
  mkdirSync(storeFolder, { recursive: true, mode: 0o700 });
  const store = new ObjectStore(storeFolder, (cause) => options.log.error({ err: cause }, 'a follower of the store failed'));
  const addresses = makeServiceAddresses(options.serviceCidr, store);
  const pki = await openPki(join(options.home, 'pki'), serverNames(options.address, addresses.first));
  const registry = new Registry();
  const authorizer = new Authorizer(store);
  const tokens = new TokenSigner(pki.tokenKeyPem);
  const writer = new ObjectWriter(store, {
    refuseEscalation: (user, object) => refuseEscalation(authorizer, user, object),
    allocateClusterIp: addresses.allocate,
    refuseOverQuota: (type, object) => refuseOverQuota(store, type, object),
  });
  const watches = new WatchHub(store);
  let logs = options.podLogs;
  const sources: RouterSources = {
    store,
    registry,
    writer,
    authorizer,
    tokens,
    watches,
    address: options.address,
    logs: () => logs,
    audit: options.audit,
  };
  const onFault = (controller: string, cause: unknown): void => options.log.error({ controller, err: cause }, 'a controller failed');
  const endControllers = runControllers({ store, writer, registry, onFault, caPem: pki.caPem });
  await bootstrap({ store, writer, registry });
  const server = makeServer(sources, pki, options.log);
  try {
    await listen(server, options);
  } catch (cause) {
    endControllers();
    await store.close();
    throw cause;
  }
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : options.port;
  const url = `https://${options.address}:${port}`;
  const kubeconfigPath = join(options.home, 'kubeconfig');
  writePrivateFile(kubeconfigPath, kubeconfigText(url, pki));
  options.log.info({ url }, 'the Kubernetes API is served');
  return {
    port: makeClusterPort({ store, registry, writer, tokens }),
    url,
    kubeconfigPath,
    caPem: pki.caPem,
    attachPodLogs: (source) => {
      logs = source;
    },
    stop: async () => {
      endControllers();
      watches.stop();
      await close(server);
      await store.close();
      await unlock();
    },
  };
}

/** Names and addresses the server's certificate is for, each once. */
function serverNames(address: string, serviceAddress: string): string[] {
  const cluster = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'kubernetes.default.svc.cluster.local'];
  return [...new Set([address, '127.0.0.1', serviceAddress, 'localhost', ...cluster])];
}

function runControllers(context: Parameters<typeof runNamespaces>[0]): () => void {
  const { store, writer } = context;
  const ends = [
    runDefinitions(context),
    runNamespaces(context),
    runGarbageCollector(context),
    runDisruption(context),
    runEndpoints(context),
    runQuotas(context),
    store.subscribe('/events', (event) => {
      if (event.type === 'ADDED') trimEvents({ store, writer });
    }),
  ];
  return () => {
    for (const end of ends) end();
  };
}

/** Makes the namespaces and roles every cluster has, where they are missing. */
async function bootstrap(of: { store: ObjectStore; writer: ObjectWriter; registry: Registry }): Promise<void> {
  const objects = [
    ...['default', 'kube-system', 'kube-public', 'kube-node-lease'].map((name) => ({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name },
    })),
    ...bootstrapRoles,
  ];
  const written: Promise<void>[] = [];
  for (const object of objects) {
    const type = of.registry.findKind(stringAt(object, 'apiVersion'), stringAt(object, 'kind'));
    if (type === undefined) throw new Error(`no resource for ${stringAt(object, 'kind')}`);
    if (of.store.findHead(storeNameOf(type), undefined, stringAt(object, 'metadata', 'name')) !== undefined) continue;
    written.push(of.writer.create(controllerWrite(type, undefined, { manager: 'kube-apiserver' }), object).durable);
  }
  await Promise.all(written);
}

function makeServer(sources: RouterSources, pki: ClusterPki, log: ApiServerLog): Server {
  const server = createServer(
    { key: pki.serverKeyPem, cert: pki.serverCertPem, ca: pki.caPem, requestCert: true, rejectUnauthorized: false, minVersion: 'TLSv1.2' },
    (message, response) => {
      void serve(sources, { message, response }, log);
    },
  );
  server.requestTimeout = 60_000;
  server.keepAliveTimeout = 120_000;
  return server;
}

async function serve(
  sources: RouterSources,
  exchange: { message: IncomingMessage; response: ServerResponse },
  log: ApiServerLog,
): Promise<void> {
  const { message, response } = exchange;
  const ended = new AbortController();
  response.on('close', () => ended.abort());
  response.on('error', () => ended.abort());
  try {
    const answer = await answerRequest(sources, exchange, ended.signal);
    if (answer !== undefined) send(response, answer);
  } catch (cause) {
    if (!(cause instanceof StatusError))
      log.error({ err: cause, method: message.method, url: message.url?.split('?')[0] }, 'a request failed');
    if (response.headersSent) response.destroy();
    else
      sendStatus(
        response,
        cause instanceof StatusError
          ? cause.facts
          : { code: 500, reason: 'InternalError', message: 'Internal error occurred: the server failed; its log says why' },
      );
    message.resume();
  }
}

function answerRequest(
  sources: RouterSources,
  exchange: { message: IncomingMessage; response: ServerResponse },
  signal: AbortSignal,
): Promise<Answer | undefined> {
  const { message, response } = exchange;
  const url = new URL(message.url ?? '/', 'https://localhost');
  const path = url.pathname;
  if (!(message.socket instanceof TLSSocket)) throw unauthorized();
  const asker = authenticate(message, message.socket, sources);
  const user = impersonate(sources.authorizer, asker, message.headersDistinct);
  const target = parseTarget(path);
  const method = message.method ?? 'GET';
  const request: ApiRequest = {
    method,
    path,
    query: url.searchParams,
    headers: message.headers,
    user,
    target,
    verb: verbOf(method, target, url.searchParams),
    signal,
  };
  return route(sources, request, response, () => readBody(message));
}

function send(response: ServerResponse, answer: Answer): void {
  const text = typeof answer.body === 'string' ? answer.body : `${JSON.stringify(answer.body)}\n`;
  response.setHeader('content-type', answer.contentType ?? 'application/json');
  response.setHeader('cache-control', 'no-cache, private');
  if (answer.warnings !== undefined && answer.warnings.length > 0)
    response.setHeader(
      'warning',
      answer.warnings.map((text_) => `299 - ${JSON.stringify(text_)}`),
    );
  response.writeHead(answer.code);
  response.end(text);
}

function sendStatus(response: ServerResponse, facts: StatusFacts): void {
  const retry = facts.details?.['retryAfterSeconds'];
  if (typeof retry === 'number') response.setHeader('retry-after', String(retry));
  response.writeHead(facts.code, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' });
  response.end(`${JSON.stringify(statusOf(facts))}\n`);
}

function listen(server: Server, options: ApiServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.address, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
    setTimeout(() => server.closeAllConnections(), stopGraceMs).unref();
  });
}

function kubeconfigText(url: string, pki: ClusterPki): string {
  const encode = (text: string): string => Buffer.from(text).toString('base64');
  return toYaml({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'civitas', cluster: { server: url, 'certificate-authority-data': encode(pki.caPem) } }],
    users: [
      { name: 'civitas-admin', user: { 'client-certificate-data': encode(pki.adminCertPem), 'client-key-data': encode(pki.adminKeyPem) } },
    ],
    contexts: [{ name: 'civitas', context: { cluster: 'civitas', user: 'civitas-admin', namespace: 'default' } }],
    'current-context': 'civitas',
  });
}
