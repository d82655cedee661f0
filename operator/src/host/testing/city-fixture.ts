import {
  type Condition,
  isConditionTrue,
  type KubeClient,
  type KubeObject,
  namespaces,
  type ObjectBody,
  pods,
  type Resource,
  systemClock,
} from '@civitas/kube';
import { openMetricsRegistry, operatorMetrics } from '@civitas/telemetry';
import { LateError } from '@civitas/testkit';
import { SYSTEM_NAMESPACE } from '../../core/desired/names.ts';
import { aCity, anAgency } from '../../core/testing/builders.ts';
import { type RunningControllers, startControllers } from '../controllers/start-controllers.ts';
import type { OpenDirectory } from '../identity/identity-provider.ts';
import { metricsSinkOf } from '../telemetry/operator-metrics.ts';
import { ourResource } from './test-cluster.ts';

export const NAMESPACE = 'jincheng';
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const LOOK_MS = 25;

export interface NetworkObject extends KubeObject {
  readonly status?: { readonly genesisHash?: string; readonly phase?: string; readonly conditions?: readonly Condition[] };
}

export const networks: Resource<NetworkObject> = ourResource('ledgernetworks');

/** What a person would apply of an object a builder made: no uid, no version. */
export function bodyOf({ apiVersion, kind, metadata, spec }: KubeObject & { readonly spec: object }): ObjectBody {
  return { apiVersion, kind, metadata: { name: metadata.name }, ...{ spec } };
}

export function aNetworkBody(name: string, spec: object): ObjectBody {
  return { apiVersion: 'civitas.dev/v1alpha1', kind: 'LedgerNetwork', metadata: { name, namespace: NAMESPACE }, ...{ spec } };
}

/** The namespaces of the city and of the operator. */
export async function createNamespaces(client: KubeClient): Promise<void> {
  for (const name of [NAMESPACE, SYSTEM_NAMESPACE]) {
    const labels = { 'civitas.dev/workspace': 'true' };
    await client.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } });
  }
}

/** Settings, one agency and the city network. */
export async function applyCity(client: KubeClient, settings: Parameters<typeof aCity>[0] = {}, network: object = {}): Promise<void> {
  await client.create(ourResource('cityconfigs'), bodyOf(aCity(settings)));
  await client.create(ourResource('agencies'), bodyOf(anAgency('civil-affairs')));
  await client.create(networks, aNetworkBody('city', { domain: 'city', chainId: 'jincheng-city-1', ...network }));
}

/** Controllers whose metrics can be read as a scrape would. */
export interface MeasuredControllers extends RunningControllers {
  metricsText(): Promise<string>;
}

/** All controllers on this client, leading unless told otherwise. */
export async function startOperator(
  client: KubeClient,
  signal: AbortSignal,
  isLeader: () => boolean = () => true,
  openDirectory?: OpenDirectory,
): Promise<MeasuredControllers> {
  const registry = openMetricsRegistry({});
  const metrics = { metrics: metricsSinkOf(registry), operatorMetrics: registry.register(operatorMetrics) };
  const running = await startControllers(
    { client, clock: systemClock, log: silent, isLeader, ...metrics, ...(openDirectory === undefined ? {} : { openDirectory }) },
    signal,
  );
  return { ...running, metricsText: () => registry.text() };
}

export function findNetwork(client: KubeClient, name: string): Promise<NetworkObject | undefined> {
  return client.find(networks, { namespace: NAMESPACE, name });
}

export async function isAvailable(client: KubeClient, name: string): Promise<boolean> {
  return isConditionTrue((await findNetwork(client, name))?.status?.conditions, 'Available');
}

/** What a kubelet does once deleted pods' processes have ended. */
export async function finishDeletedPods(client: KubeClient): Promise<void> {
  const { items } = await client.listAll(pods, { namespace: NAMESPACE });
  for (const { metadata } of items.filter((pod) => pod.metadata.deletionTimestamp !== undefined))
    await client.delete(pods, { namespace: NAMESPACE, name: metadata.name }, { gracePeriodSeconds: 0 });
}

/** Looks again and again until it holds. @throws LateError when that does not come within `ms`: nothing else was seen to be wrong. */
export async function waitUntil(holds: () => Promise<boolean> | boolean, ms: number): Promise<true> {
  if (await holdsWithin(holds, ms)) return true;
  throw lateError(holds, ms);
}

/** Names what was waited for by its own text. */
export function lateError(holds: () => unknown, ms: number): LateError {
  return new LateError(`not within ${ms} ms: ${String(holds)}`);
}

/** The same of what need not come: false when it does not. */
export async function holdsWithin(holds: () => Promise<boolean> | boolean, ms: number): Promise<boolean> {
  for (const endMs = performance.now() + ms; performance.now() < endMs; ) {
    if (await holds()) return true;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  return false;
}
