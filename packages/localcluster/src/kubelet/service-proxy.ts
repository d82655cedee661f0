/** What kube-proxy does, in user space: a Service's address leads to its ready pods, in turn or one client to one pod. */

import net from 'node:net';
import type { KubeObject } from '../cluster-port.ts';
import type { KubeletLog } from './kubelet-context.ts';
import { proxyConnectionsMax, proxyRetryMs, proxyStickyClientsMax } from './limits.ts';
import type { Container, Pod } from './pod.ts';
import { portOf } from './probe-check.ts';

export interface Service extends KubeObject {
  readonly spec?: {
    readonly type?: string;
    readonly clusterIP?: string;
    readonly selector?: Readonly<Record<string, string>>;
    readonly publishNotReadyAddresses?: boolean;
    /** `ClientIP`: a client stays with the pod that it first reached, as long as that one serves. */
    readonly sessionAffinity?: string;
    readonly ports?: readonly ServicePort[];
  };
}

interface ServicePort {
  readonly port: number;
  readonly targetPort?: number | string;
  readonly protocol?: string;
}

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

export interface ServiceProxy {
  /** Listens for these Services and no others, and forwards to these pods. */
  update(services: readonly Service[], pods: readonly Pod[]): void;
  stats(): { readonly listeners: number; readonly connections: number; readonly refused: number };
  stop(): void;
}

/** What a Service's address leads to. */
interface Backend {
  readonly endpoints: readonly Endpoint[];
  readonly isSticky: boolean;
}

interface Listener {
  readonly address: string;
  backend: Backend;
  /** Host that each client was led to last, by the client's address; for sticky ones. */
  readonly hostByClient: Map<string, string>;
  server: net.Server | undefined;
  retry: NodeJS.Timeout | undefined;
  turn: number;
}

/** Listens nowhere until `update`. */
export function createServiceProxy(
  log: KubeletLog,
  limits: { readonly connectionsMax: number } = { connectionsMax: proxyConnectionsMax },
): ServiceProxy {
  return new UserSpaceProxy(log, limits.connectionsMax);
}

class UserSpaceProxy implements ServiceProxy {
  readonly #log: KubeletLog;
  readonly #connectionsMax: number;
  readonly #listeners = new Map<string, Listener>();
  readonly #sockets = new Set<net.Socket>();
  #connections = 0;
  #refused = 0;

  constructor(log: KubeletLog, connectionsMax: number) {
    this.#log = log;
    this.#connectionsMax = connectionsMax;
  }

  update(services: readonly Service[], pods: readonly Pod[]): void {
    const wanted = backendsByAddress(services, pods);
    for (const [address, listener] of this.#listeners) if (!wanted.has(address)) this.#drop(address, listener);
    for (const [address, backend] of wanted) {
      const fresh = { address, backend, hostByClient: new Map(), server: undefined, retry: undefined, turn: 0 };
      const listener = this.#listeners.get(address) ?? fresh;
      listener.backend = backend;
      this.#listeners.set(address, listener);
      if (backend.endpoints.length === 0) unlisten(listener);
      else this.#listen(listener);
    }
  }

  stats(): ReturnType<ServiceProxy['stats']> {
    const listeners = [...this.#listeners.values()].filter(({ server }) => server?.listening === true).length;
    return { listeners, connections: this.#connections, refused: this.#refused };
  }

  stop(): void {
    for (const [address, listener] of this.#listeners) this.#drop(address, listener);
    for (const socket of this.#sockets) socket.destroy();
  }

  #listen(listener: Listener): void {
    if (listener.server !== undefined || listener.retry !== undefined) return;
    const [host = '', port = ''] = listener.address.split(':');
    const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.#forward(listener, client));
    listener.server = server;
    server.once('error', (error) => {
      this.#log.warn(
        { service: listener.address, error: error.message },
        'a Service address cannot be listened on; it will be tried again',
      );
      if (listener.server === server) listener.server = undefined;
      listener.retry = setTimeout(() => {
        listener.retry = undefined;
        if (this.#listeners.get(listener.address) === listener && listener.backend.endpoints.length > 0) this.#listen(listener);
      }, proxyRetryMs);
    });
    server.listen({ host, port: Number(port), backlog: 512 });
  }

  #drop(address: string, listener: Listener): void {
    this.#listeners.delete(address);
    unlisten(listener);
  }

  #forward(listener: Listener, client: net.Socket): void {
    this.#track(client);
    this.#connections++;
    client.once('close', () => this.#connections--);
    client.on('error', () => client.destroy());
    if (this.#connections > this.#connectionsMax) this.#refuse(client);
    else this.#connectInTurn(listener, client, listener.backend.endpoints.length);
  }

  /** Tries endpoints until one takes the connection; `left` bounds the tries. */
  #connectInTurn(listener: Listener, client: net.Socket, left: number): void {
    const endpoint = nextEndpoint(listener, client.remoteAddress ?? '');
    if (endpoint === undefined || left <= 0) {
      this.#refuse(client);
      return;
    }
    const server = net.connect({ ...endpoint, allowHalfOpen: true, noDelay: true });
    this.#track(server);
    const onRefused = (): void => {
      server.destroy();
      listener.hostByClient.delete(client.remoteAddress ?? '');
      if (!client.destroyed) this.#connectInTurn(listener, client, left - 1);
    };
    server.once('error', onRefused);
    server.once('connect', () => {
      server.off('error', onRefused);
      join(client, server);
    });
    client.once('close', () => server.destroy());
  }

  #refuse(client: net.Socket): void {
    this.#refused++;
    client.resetAndDestroy();
  }

  #track(socket: net.Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
  }
}

/** Bytes and half-closes pass both ways; what breaks one side breaks the other. */
function join(client: net.Socket, server: net.Socket): void {
  server.on('error', () => client.resetAndDestroy());
  server.once('close', () => client.destroy());
  client.pipe(server);
  server.pipe(client);
}

/** Without a listener the machine itself refuses, which is what callers of a Service without endpoints shall see. */
function unlisten(listener: Listener): void {
  clearTimeout(listener.retry);
  listener.retry = undefined;
  listener.server?.close();
  listener.server = undefined;
}

/** The endpoint that a client of a sticky Service has, while it serves; the next in turn otherwise. */
function nextEndpoint(listener: Listener, client: string): Endpoint | undefined {
  const { backend, hostByClient } = listener;
  const host = hostByClient.get(client);
  const held = backend.isSticky ? backend.endpoints.find((endpoint) => endpoint.host === host) : undefined;
  if (held !== undefined) return held;
  const next = backend.endpoints[listener.turn++ % Math.max(1, backend.endpoints.length)];
  if (next === undefined || !backend.isSticky) return next;
  const [oldest] = hostByClient.keys();
  if (oldest !== undefined && hostByClient.size >= proxyStickyClientsMax) hostByClient.delete(oldest);
  hostByClient.set(client, next.host);
  return next;
}

/** Endpoints of every TCP port of every Service with an address of its own and a selector. */
function backendsByAddress(services: readonly Service[], pods: readonly Pod[]): ReadonlyMap<string, Backend> {
  const byAddress = new Map<string, Backend>();
  for (const { metadata, spec } of services) {
    if (spec?.clusterIP === undefined || !net.isIPv4(spec.clusterIP) || spec.selector === undefined) continue;
    const selected = pods.filter((pod) => pod.metadata.namespace === metadata.namespace && matches(pod, spec.selector));
    const serving = selected.filter((pod) => isServing(pod, spec.publishNotReadyAddresses === true));
    for (const port of spec.ports ?? []) {
      if ((port.protocol ?? 'TCP') !== 'TCP') continue;
      const endpoints = serving.flatMap((pod) => endpointOf(pod, port));
      byAddress.set(`${spec.clusterIP}:${port.port}`, { endpoints, isSticky: spec.sessionAffinity === 'ClientIP' });
    }
  }
  return byAddress;
}

function matches(pod: Pod, selector: Readonly<Record<string, string>> = {}): boolean {
  const labels = pod.metadata.labels ?? {};
  return Object.entries(selector).every(([name, value]) => labels[name] === value);
}

function isServing({ metadata, status }: Pod, evenUnready: boolean): boolean {
  if (status?.podIP === undefined || status.phase !== 'Running') return false;
  if (evenUnready) return true;
  const ready = status.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') === true;
  return ready && metadata.deletionTimestamp === undefined;
}

function endpointOf({ spec, status }: Pod, { port, targetPort = port }: ServicePort): Endpoint[] {
  const named = (container: Container): boolean => container.ports?.some(({ name }) => name === targetPort) === true;
  const container = spec.containers.find(named) ?? spec.containers[0];
  if (status?.podIP === undefined || container === undefined) return [];
  if (typeof targetPort === 'string' && !named(container) && !/^\d+$/.test(targetPort)) return [];
  return [{ host: status.podIP, port: portOf(targetPort, container) }];
}
