/** What kube-proxy does, in user space: a Service's address leads to its ready pods, in turn. */

import net from 'node:net';
import type { KubeObject } from '../cluster-port.ts';
import type { KubeletLog } from './kubelet-context.ts';
import { proxyConnectionsMax, proxyRetryMs } from './limits.ts';
import type { Container, Pod } from './pod.ts';
import { portOf } from './probe-check.ts';

export interface Service extends KubeObject {
  readonly spec?: {
    readonly type?: string;
    readonly clusterIP?: string;
    readonly selector?: Readonly<Record<string, string>>;
    readonly publishNotReadyAddresses?: boolean;
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

interface Listener {
  readonly address: string;
  endpoints: readonly Endpoint[];
  server: net.Server | undefined;
  retry: NodeJS.Timeout | undefined;
  turn: number;
}

/** Listens nowhere until `update`. */
export function createServiceProxy(log: KubeletLog): ServiceProxy {
  const listeners = new Map<string, Listener>();
  const sockets = new Set<net.Socket>();
  let connections = 0;
  let refused = 0;

  const track = (socket: net.Socket): void => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  };

  const forward = (listener: Listener, client: net.Socket): void => {
    track(client);
    connections++;
    client.once('close', () => connections--);
    client.on('error', () => client.destroy());
    if (connections > proxyConnectionsMax) {
      refused++;
      client.resetAndDestroy();
      return;
    }
    connectInTurn(listener, client, listener.endpoints.length);
  };

  /** Tries endpoints until one takes the connection; `left` bounds the tries. */
  const connectInTurn = (listener: Listener, client: net.Socket, left: number): void => {
    const endpoint = listener.endpoints[listener.turn++ % Math.max(1, listener.endpoints.length)];
    if (endpoint === undefined || left <= 0) {
      refused++;
      client.resetAndDestroy();
      return;
    }
    const server = net.connect({ ...endpoint, allowHalfOpen: true, noDelay: true });
    track(server);
    const onRefused = (): void => {
      server.destroy();
      if (!client.destroyed) connectInTurn(listener, client, left - 1);
    };
    server.once('error', onRefused);
    server.once('connect', () => {
      server.off('error', onRefused);
      server.on('error', () => client.resetAndDestroy());
      client.once('close', () => server.destroy());
      server.once('close', () => client.destroy());
      client.pipe(server);
      server.pipe(client);
    });
    client.once('close', () => server.destroy());
  };

  const listen = (listener: Listener): void => {
    if (listener.server !== undefined || listener.retry !== undefined) return;
    const [host = '', port = ''] = listener.address.split(':');
    const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (client) => forward(listener, client));
    listener.server = server;
    server.once('error', (error) => {
      log.warn({ address: listener.address, error: error.message }, 'a Service address cannot be listened on; it will be tried again');
      if (listener.server === server) listener.server = undefined;
      listener.retry = setTimeout(() => {
        listener.retry = undefined;
        if (listeners.get(listener.address) === listener && listener.endpoints.length > 0) listen(listener);
      }, proxyRetryMs);
    });
    server.listen({ host, port: Number(port), backlog: 512 });
  };

  /** Without a listener the machine itself refuses, which is what callers of a Service without endpoints shall see. */
  const unlisten = (listener: Listener): void => {
    clearTimeout(listener.retry);
    listener.retry = undefined;
    listener.server?.close();
    listener.server = undefined;
  };

  const drop = (address: string, listener: Listener): void => {
    listeners.delete(address);
    unlisten(listener);
  };

  return {
    update(services, pods) {
      const wanted = endpointsByAddress(services, pods);
      for (const [address, listener] of listeners) if (!wanted.has(address)) drop(address, listener);
      for (const [address, endpoints] of wanted) {
        const listener = listeners.get(address) ?? { address, endpoints, server: undefined, retry: undefined, turn: 0 };
        listener.endpoints = endpoints;
        listeners.set(address, listener);
        if (endpoints.length === 0) unlisten(listener);
        else listen(listener);
      }
    },
    stats: () => ({ listeners: [...listeners.values()].filter(({ server }) => server !== undefined).length, connections, refused }),
    stop() {
      for (const [address, listener] of listeners) drop(address, listener);
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Endpoints of every TCP port of every Service with an address of its own and a selector. */
export function endpointsByAddress(services: readonly Service[], pods: readonly Pod[]): ReadonlyMap<string, readonly Endpoint[]> {
  const byAddress = new Map<string, readonly Endpoint[]>();
  for (const { metadata, spec } of services) {
    if (spec?.clusterIP === undefined || !net.isIPv4(spec.clusterIP) || spec.selector === undefined) continue;
    const selected = pods.filter((pod) => pod.metadata.namespace === metadata.namespace && matches(pod, spec.selector));
    const serving = selected.filter((pod) => isServing(pod, spec.publishNotReadyAddresses === true));
    for (const port of spec.ports ?? []) {
      if ((port.protocol ?? 'TCP') !== 'TCP') continue;
      byAddress.set(
        `${spec.clusterIP}:${port.port}`,
        serving.flatMap((pod) => endpointOf(pod, port)),
      );
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
