import { type CreatedNetwork, type NewNetwork, PAGE_ITEMS_DEFAULT } from '@civitas/console-contract';
import type { Principal } from '@civitas/identity';
import { defineResource, isApiError, type KubeEvent, type ObjectBody } from '@civitas/kube';
import { stringify as toYaml } from 'yaml';
import type { ConsoleContext } from '../context.ts';
import { SAMPLE_EVERY_MS } from '../figures/limits.ts';
import type { HandlersOf } from '../http/call.ts';
import { decodeCursor, encodeCursor, pageOf } from '../http/page.ts';
import { ProblemError } from '../http/problem-error.ts';
import { fieldErrorsOf } from '../http/problem-of-error.ts';
import { type LedgerNetwork, ledgerNetworks } from '../kube/kinds.ts';
import { isVisible, visibleAgencies } from '../policy/visible.ts';
import { differencesBetween } from '../views/differences.ts';
import { eventOf } from '../views/event-view.ts';
import { withoutServerFields } from '../views/manifest.ts';
import { networkDetailOf, networkOf } from '../views/network-view.ts';
import { createOnce } from './create-once.ts';
import { assertFound, joinFounders } from './found-network.ts';

const events = defineResource<KubeEvent>({ group: '', version: 'v1', plural: 'events', namespaced: true });

/** Networks that somebody may see: of agencies of theirs, and where the API server lets them look at all. */
export async function visibleNetworks(context: ConsoleContext, principal: Principal): Promise<readonly LedgerNetwork[]> {
  const visible = visibleAgencies(principal);
  const seen = context.caches.networks.store.list().filter(({ metadata }) =>
    isVisible(
      visible,
      context.view.partsOf(metadata).map(({ agency }) => agency),
    ),
  );
  if (seen.length === 0) return [];
  return (await context.acting.mayRead(principal, ledgerNetworks)) ? seen : [];
}

/** @throws ProblemError NOT_FOUND, FORBIDDEN when the API server does not let them look. */
export async function networkFor(context: ConsoleContext, principal: Principal, name: string): Promise<LedgerNetwork> {
  const network = context.view.findNetwork(name);
  if (network === undefined) throw new ProblemError('NOT_FOUND', `there is no network ${name} in the city's namespace`);
  if (!(await context.acting.mayRead(principal, ledgerNetworks)))
    throw new ProblemError('FORBIDDEN', 'the API server does not let you look at networks', { reason: 'rbac' });
  return network;
}

/** The resource that a form describes. */
function manifestOf(asked: NewNetwork, namespace: string): ObjectBody & { readonly spec: object } {
  const { validators, agency, storageSize, approvalThreshold, allowDowntime, engine } = asked;
  const pool = {
    name: 'validators',
    role: 'validator',
    ...(validators === undefined ? {} : { replicas: validators }),
    ...(agency === undefined ? {} : { agencyRef: agency }),
    ...(storageSize === undefined ? {} : { storage: { size: storageSize } }),
  };
  return {
    apiVersion: 'civitas.dev/v1alpha1',
    kind: 'LedgerNetwork',
    metadata: { name: asked.name, namespace },
    spec: {
      domain: asked.domain,
      chainId: asked.chainId,
      ...(engine === undefined ? {} : { engine }),
      ...(approvalThreshold === undefined ? {} : { genesis: { approvalThreshold } }),
      ...(allowDowntime === undefined ? {} : { allowDowntime }),
      pools: [pool],
    },
  };
}

const FORM_FIELDS: readonly (readonly [RegExp, string])[] = [
  [/^metadata\.name/, 'name'],
  [/^spec\.pools\[0\]\.replicas/, 'validators'],
  [/^spec\.pools\[0\]\.agencyRef/, 'agency'],
  [/^spec\.pools\[0\]\.storage/, 'storageSize'],
  [/^spec\.genesis\.approvalThreshold/, 'approvalThreshold'],
  [/^spec$/, ''],
  [/^spec\./, ''],
];

/** Field of the form that a path of the object comes from. */
function formField(path: string): string {
  const [pattern, field] = FORM_FIELDS.find(([known]) => known.test(path)) ?? [undefined, ''];
  return pattern === undefined ? path : field === '' ? path.replace(/^spec\.?/, '') : field;
}

async function createNetwork(context: ConsoleContext, principal: Principal, asked: NewNetwork, dryRun: boolean): Promise<CreatedNetwork> {
  const namespace = context.view.namespace();
  if (namespace === undefined) throw new ProblemError('CONFLICT', 'there is no CityConfig yet: it names the namespace of the networks');
  const { founders = [] } = asked;
  assertFound(context, founders);
  const manifest = manifestOf(asked, namespace);
  const make = (tried: boolean) =>
    context.acting.as(principal).create(ledgerNetworks, manifest, { dryRun: tried, fieldManager: 'civitas-console' });
  try {
    // What the API server would refuse leaves no agency in a network that is not there.
    if (founders.length > 0 && !dryRun) await make(true);
    const joined = await joinFounders(context, { principal, network: asked.name, dryRun }, founders);
    const created = await make(dryRun);
    return {
      dryRun,
      network: networkOf(created, context.view.partsOf(created.metadata)),
      yaml: toYaml(manifest),
      differences: [...differencesBetween({ spec: manifest.spec }, { spec: created.spec }), ...joined],
    };
  } catch (error) {
    if (!isApiError(error, 'Invalid')) throw error;
    throw new ProblemError('INVALID', error.message, {
      reason: error.reason,
      errors: fieldErrorsOf(error.causes, formField),
      cause: error,
    });
  }
}

/** Lists and pages of networks, one network, and how one is founded. */
export function networkHandlers(
  context: ConsoleContext,
): HandlersOf<'listNetworks' | 'createNetwork' | 'getNetwork' | 'getNetworkFigures' | 'listNetworkEvents' | 'getNetworkYaml'> {
  return {
    listNetworks: async ({ principal, query }) => {
      const page = pageOf(await visibleNetworks(context, principal), query, ({ metadata }) => `${metadata.namespace}/${metadata.name}`);
      return { ...page, items: page.items.map((network) => networkOf(network, context.view.partsOf(network.metadata))) };
    },
    createNetwork: (call) =>
      createOnce(context, call, { action: 'createNetwork', kind: 'LedgerNetwork' }, (dryRun) =>
        createNetwork(context, call.principal, call.body, dryRun),
      ),
    getNetwork: async ({ principal, params, reply }) => {
      const network = await networkFor(context, principal, params.name);
      const live = await context.ledgers.findHead(network);
      reply.header('etag', `"${network.metadata.resourceVersion}"`);
      const nodes = context.caches.nodes.store.list(network.metadata.namespace);
      return networkDetailOf(network, { parts: context.view.partsOf(network.metadata), nodes, ...(live === undefined ? {} : { live }) });
    },
    getNetworkFigures: async ({ principal, params }) => {
      const network = await networkFor(context, principal, params.name);
      const { figures } = context;
      return { heard: figures.isHeard(network), sampleEveryMs: SAMPLE_EVERY_MS, samples: [...figures.samplesOf(network)] };
    },
    listNetworkEvents: async ({ principal, params, query }) => {
      const { metadata } = await networkFor(context, principal, params.name);
      const fieldSelector = `involvedObject.kind=LedgerNetwork,involvedObject.name=${metadata.name}`;
      const { items } = await context.client.listAll(events, { namespace: metadata.namespace, fieldSelector });
      const all = items.map(eventOf).sort((left, right) => (left.lastAt < right.lastAt ? 1 : -1));
      const from = query.cursor === undefined ? 0 : Number(decodeCursor(query.cursor)) || 0;
      const to = from + (query.limit ?? PAGE_ITEMS_DEFAULT);
      return { items: all.slice(from, to), ...(all.length > to ? { next: encodeCursor(String(to)) } : {}) };
    },
    getNetworkYaml: async ({ principal, params }) => {
      const network = await networkFor(context, principal, params.name);
      const { namespace, name } = network.metadata;
      return { yaml: toYaml(withoutServerFields(network)), kubectl: `kubectl get ledgernetwork ${name} -n ${namespace} -o yaml` };
    },
  };
}
