import { createHash } from 'node:crypto';
import { canonicalString, type Json } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { type ClientDocument, spiffe } from '@civitas/deployment';
import {
  type Applier,
  type ConfigMap,
  type Controller,
  configMaps,
  createController,
  isApiError,
  namespaces,
  type ReconcileResult,
  resourceQuotas,
  roleBindings,
} from '@civitas/kube';
import { agencyBindings, agencyNamespaceObject, agencyObjects, clientObject } from '../../core/desired/agency-objects.ts';
import {
  ANNOTATIONS,
  agencyNamespace,
  clientConfigName,
  gatewayName,
  type NetworkName,
  networkNameOf,
  nodeName,
  VAULT_ORDINAL,
} from '../../core/desired/names.ts';
import type { Manifest } from '../../core/desired/render.ts';
import type { AgencyIdentity } from '../../core/plan/agency-identity.ts';
import { agencyPhase, agencyVerdicts, type ClientState, type MembershipState, usedUpOf } from '../../core/plan/agency-status.ts';
import { clientProblem } from '../../core/plan/client-problem.ts';
import { genesisFromText, genesisHashOf } from '../../core/plan/genesis-record.ts';
import { heldVerdicts } from '../../core/plan/held-fields.ts';
import type { Agency, AgencyClient, AgencyMembership, AgencyStatus } from '../../core/resources/agency.ts';
import type { LedgerNetwork } from '../../core/resources/ledger-network.ts';
import { resourceOf } from '../apply/kinds.ts';
import { createStatusWriter } from '../apply/status-writer.ts';
import { issueForRequest, readLeafTimes } from '../certificates/authority.ts';
import type { NetworkAuthority } from '../observe/authorities.ts';
import { agencies } from '../observe/custom-resources.ts';
import { reportAgencyConditions } from '../telemetry/condition-series.ts';
import {
  CLIENT_HOURS,
  CLIENT_RECHECK_MS,
  SETTLED_RECHECK_EVERY_MS,
  SETTLED_RECHECK_MS,
  STATUS_MESSAGE_CHARS_MAX,
  WHILE_SERVING_MS,
} from './limits.ts';
import { agenciesOf, findCity, findGenesisRecord, type OperatorContext } from './operator-context.ts';

/** Gives each agency its namespace and its clients their certificates; says where its enrolments stand. */
export function createAgencyController(context: OperatorContext): Controller {
  const applier = context.applierOf('agency');
  const writer = createStatusWriter(applier, context.clock);
  const clients = createClientIssuer(context, applier);
  const prepared = new Map<string, number>();

  const prepare = async (agency: Agency): Promise<boolean> => {
    const { uid, generation = 0 } = agency.metadata;
    if (prepared.get(uid) === generation) return true;
    const namespace = agencyNamespaceObject(agency);
    await applier.apply(namespaces, namespace, undefined);
    if (!(await context.workspaces.letIn(agencyNamespace(agency.metadata.name)))) return false;
    for (const manifest of agencyObjects(agency)) await applier.apply(resourceOf(manifest), manifest, undefined);
    for (const binding of agencyBindings(agency)) await bindOnce(context, binding);
    prepared.set(uid, generation);
    return true;
  };

  const reconcile = async (agency: Agency): Promise<ReconcileResult> => {
    if (agency.metadata.deletionTimestamp !== undefined) return undefined;
    if (!(await prepare(agency))) return { requeueAfterMs: WHILE_SERVING_MS };
    const memberships = agency.spec.memberships.map((membership) => membershipState(context, agency, membership));
    const clientStates: ClientState[] = [];
    for (const client of agency.spec.clients ?? []) clientStates.push(await clients(agency, client));
    const unknownNetworks = agency.spec.memberships
      .filter((membership) => networkOf(context, membership) === undefined)
      .map(({ network }) => network);
    const usedUp = agency.spec.quotas === undefined ? [] : await readUsedUp(context, agency);
    const namespaceName = agencyNamespace(agency.metadata.name);
    const held = applier.heldObjects().filter(({ namespace, name }) => (namespace ?? name) === namespaceName);
    const identity = context.facts.identities.get(agency.metadata.name);
    const verdicts = [
      ...agencyVerdicts(agency, { memberships, clients: clientStates, unknownNetworks, usedUp, identity }),
      ...heldVerdicts(held),
    ];
    reportAgencyConditions(context.operatorMetrics, agency, verdicts);
    const facts = { namespace: agencyNamespace(agency.metadata.name), ...identityFactsOf(identity), memberships, clients: clientStates };
    await writer.write({ resource: agencies, object: agency, verdicts, phase: agencyPhase(verdicts), facts });
    const isDone =
      memberships.every(({ state }) => state === 'Enrolled') && clientStates.every(({ networks }) => networks === memberships.length);
    const settledMs = Math.max(SETTLED_RECHECK_MS, context.caches.agencies.store.size * SETTLED_RECHECK_EVERY_MS);
    return { requeueAfterMs: isDone ? settledMs : WHILE_SERVING_MS };
  };

  return createController({
    name: 'agency',
    workers: 3,
    clock: context.clock,
    metrics: context.metrics,
    log: context.log,
    async reconcile(key) {
      const agency = agenciesOf(context).find(({ metadata }) => metadata.name === key);
      if (agency !== undefined) return reconcile(agency);
      context.operatorMetrics.agencyCondition.forget({ agency: key });
      return undefined;
    },
  });
}

/** What is known stays out of the status until it is known. */
function identityFactsOf(identity: AgencyIdentity | undefined): Pick<AgencyStatus, 'organizationId' | 'serviceClientSecret'> {
  return identity?.state === 'ready' ? { organizationId: identity.organizationId, serviceClientSecret: identity.secret } : {};
}

/** Made once: what a binding binds cannot change, and who is bound here does not. */
async function bindOnce({ client }: OperatorContext, binding: Manifest): Promise<void> {
  try {
    await client.create(roleBindings, binding);
  } catch (error) {
    if (!isApiError(error, 'AlreadyExists')) throw error;
  }
}

async function readUsedUp({ client }: OperatorContext, agency: Agency): Promise<readonly string[]> {
  const quota = await client.find(resourceQuotas, { namespace: agencyNamespace(agency.metadata.name), name: 'agency' });
  return usedUpOf(quota?.status);
}

function networkOf(context: OperatorContext, membership: AgencyMembership): LedgerNetwork | undefined {
  const namespace = membership.namespace ?? findCity(context.caches)?.spec.namespace ?? '';
  return context.caches.networks.store.get(`${namespace}/${membership.network}`);
}

function membershipState(context: OperatorContext, agency: Agency, membership: AgencyMembership): MembershipState {
  const network = networkOf(context, membership);
  if (network === undefined) return { network: membership.network, state: 'Pending', message: 'there is no such LedgerNetwork' };
  const fact = context.facts.enrolments.get(`${network.metadata.namespace}/${network.metadata.name} ${agency.metadata.name}`);
  const before = agency.status?.memberships?.find((entry) => entry.network === membership.network);
  if (fact === undefined) {
    return before ?? { network: membership.network, state: 'Pending', message: 'the network does not serve yet' };
  }
  const { state, message, onLedgerHeight, approvalsMissing } = fact;
  // The height it was first seen at, also across restarts of the operator.
  const height = (before?.state === 'Enrolled' ? before.onLedgerHeight : undefined) ?? onLedgerHeight;
  return {
    network: membership.network,
    state,
    message,
    ...(state === 'Enrolled' && height !== undefined ? { onLedgerHeight: height } : {}),
    ...(approvalsMissing === undefined ? {} : { approvalsMissing }),
  };
}

type ClientIssuer = (agency: Agency, client: AgencyClient) => Promise<ClientState>;

/** Issues a client one certificate a network and hands it over in a ConfigMap; what is there and still good is left alone. */
function createClientIssuer(context: OperatorContext, applier: Applier): ClientIssuer {
  const seen = new Map<string, { readonly object: ConfigMap; readonly atUnixMs: number }>();

  const read = async (namespace: string, name: string): Promise<ConfigMap | undefined> => {
    const key = `${namespace}/${name}`;
    const known = seen.get(key);
    const atUnixMs = context.clock.nowUnixMs();
    if (known !== undefined && Math.abs(atUnixMs - known.atUnixMs) < CLIENT_RECHECK_MS) return known.object;
    const object = await context.client.find(configMaps, { namespace, name });
    if (object === undefined) seen.delete(key);
    else seen.set(key, { object, atUnixMs });
    return object;
  };

  return async (agency, client) => {
    const namespace = agencyNamespace(agency.metadata.name);
    const name = clientConfigName(client.name);
    const held = await read(namespace, name);
    const csrHash = createHash('sha256').update(client.csr).digest('base64url');
    const isSameRequest = held?.metadata.annotations?.[ANNOTATIONS.subject] === csrHash;
    const data: Record<string, string> = {};
    let problem = clientProblem(client, agency.spec.clients ?? []);
    for (const membership of problem === undefined ? agency.spec.memberships : []) {
      const network = networkOf(context, membership);
      const document = network === undefined ? undefined : clientDocument(context, agency, { network, membership });
      if (network === undefined || document === undefined) continue;
      const previous = isSameRequest ? held?.data?.[`${document.network}.crt`] : undefined;
      const authority = await context.authorities.find(networkNameOf(network.metadata));
      const issued = isStillGood(previous, authority, context.clock.nowUnixMs())
        ? previous
        : await issue(context, network, { agency, client, document });
      if (typeof issued === 'object') {
        problem = issued.problem;
        break;
      }
      if (issued === undefined) continue;
      data[`${document.network}.crt`] = issued;
      data[`${document.network}.json`] = canonicalString(document as object as Json);
    }
    const networks = Object.keys(data).length / 2;
    if (networks > 0) {
      const manifest = clientObject(agency, client.name, data);
      const annotated = { ...manifest, metadata: { ...manifest.metadata, annotations: { [ANNOTATIONS.subject]: csrHash } } };
      const { written } = await applier.apply(configMaps, annotated, held);
      if (written) seen.delete(`${namespace}/${name}`);
    }
    return {
      name: client.name,
      certificates: `${namespace}/${name}`,
      networks,
      ...(problem === undefined ? {} : { problem: problem.slice(0, STATUS_MESSAGE_CHARS_MAX) }),
    };
  };
}

/** Not over, and of the authorities that are in force: each step of a roll-over makes it anew. */
function isStillGood(pem: string | undefined, authority: NetworkAuthority | undefined, nowUnixMs: number): boolean {
  if (pem === undefined || (authority !== undefined && authoritiesOf(pem) !== authority.bundlePem)) return false;
  return nowUnixMs < readLeafTimes(pem).renewAtUnixMs;
}

/** Between the leaf and the authorities that it comes with. */
const END_OF_CERTIFICATE = '-----END CERTIFICATE-----\n';

/** What follows the leaf. */
function authoritiesOf(chainPem: string): string {
  return chainPem.slice(chainPem.indexOf(END_OF_CERTIFICATE) + END_OF_CERTIFICATE.length);
}

/** The leaf, then the certificates of all authorities that are trusted, the issuer's first. */
function chainOf(leafAndIssuerPem: string, { bundlePem }: NetworkAuthority): string {
  return `${leafAndIssuerPem.slice(0, leafAndIssuerPem.length - authoritiesOf(leafAndIssuerPem).length)}${bundlePem}`;
}

async function issue(
  context: OperatorContext,
  network: LedgerNetwork,
  { agency, client, document }: { readonly agency: Agency; readonly client: AgencyClient; readonly document: ClientDocument },
): Promise<string | { readonly problem: string } | undefined> {
  const authority = await context.authorities.find(networkNameOf(network.metadata));
  if (authority === undefined) return undefined;
  const subject = spiffe.client(document.chainId, agency.metadata.name, client.name);
  const issued = await issueForRequest(authority, client.csr, { subject, hours: CLIENT_HOURS, nowUnixMs: context.clock.nowUnixMs() });
  return issued.ok ? chainOf(issued.leaf.certificatePem, authority) : { problem: issued.problem };
}

/** Where a Service answers gRPC, which is its first port. */
function serviceAddress(context: OperatorContext, { namespace }: NetworkName, name: string): string | undefined {
  const service = context.workspaces.find(namespace)?.services.store.get(`${namespace}/${name}`);
  const [address, port] = [service?.spec?.clusterIP, service?.spec?.ports?.[0]?.port];
  return address === undefined || port === undefined ? undefined : `${address}:${port}`;
}

/** What the client is told about a network; undefined before the network is born and has an address. */
function clientDocument(
  context: OperatorContext,
  agency: Agency,
  { network, membership }: { readonly network: LedgerNetwork; readonly membership: AgencyMembership },
): ClientDocument | undefined {
  const id = networkNameOf(network.metadata);
  const genesis = findGenesisRecord(context, id);
  const grpc = serviceAddress(context, id, gatewayName(id.name));
  const vault = serviceAddress(context, id, nodeName(id.name, VAULT_ORDINAL));
  if (genesis === undefined || grpc === undefined || vault === undefined) return undefined;
  return {
    schemaVersion: 1,
    network: id.name,
    chainId: genesisFromText(genesis).chainId,
    genesisHash: genesisHashOf(genesis, nodeCrypto.sha256),
    genesis,
    grpc,
    vault,
    organisation: agency.metadata.name,
    roles: ['member', ...membership.roles.filter((role) => role !== 'member')],
  };
}
