import { nodeCrypto } from '@civitas/canon/node';
import { type RelayConfig, type RelayNetwork, spiffe } from '@civitas/deployment';
import { type Applier, type Controller, createController, isApiError, pods, type ReconcileResult, secrets } from '@civitas/kube';
import { gatewayName, NODE_IMAGE, networkNameOf, RELAY_POD, relayTlsName } from '../../core/desired/names.ts';
import {
  RELAY_ADMIN,
  type RelayWanted,
  relayConfigText,
  relayFingerprint,
  relayObjects,
  relayPod,
} from '../../core/desired/relay-objects.ts';
import { isCertificateDue } from '../../core/plan/certificate-plan.ts';
import { genesisFromText, genesisHashOf } from '../../core/plan/genesis-record.ts';
import { nextMountRefresh } from '../../core/plan/mount-refresh.ts';
import type { CityConfig } from '../../core/resources/city-config.ts';
import type { LedgerNetwork } from '../../core/resources/ledger-network.ts';
import { certificateSecret } from '../apply/issue-certificate.ts';
import { resourceOf } from '../apply/kinds.ts';
import { refreshMounts } from '../apply/refresh-mounts.ts';
import { issueLeaf } from '../certificates/authority.ts';
import { PLATFORM_AUTHORITY } from '../observe/authorities.ts';
import { podOf } from '../observe/observe-network.ts';
import { certificateOf } from '../observe/observe-secret.ts';
import { storeOf, type Workspace } from '../observe/workspace.ts';
import { AFTER_ACTION_MS, LINK_POLL_MS, RELAY_SETTLE_MS, WHILE_STARTING_MS } from './limits.ts';
import { findCity, findCityNetwork, findGenesisRecord, type OperatorContext } from './operator-context.ts';
import { relayConfigurationIn } from './relay-configuration.ts';
import { createRelayConversation, type RelayKey } from './relay-conversation.ts';

export const RELAY_KEY = 'relay';
const DEFAULT_HOURS = 2160;

/** Keeps the one relay of the city: certificates, configuration, pod, and its key for the genesis documents. */
export function createRelayController(context: OperatorContext): { readonly controller: Controller; readonly key: RelayKey } {
  const applier = context.applierOf('relay');
  const relay = createRelayConversation(context);

  const reconcile = async (signal: AbortSignal): Promise<ReconcileResult> => {
    const config = findCity(context.caches);
    if (config === undefined) return undefined;
    const workspace = await context.workspaces.enter(config.spec.namespace, signal);
    relay.forgetOtherVolume(workspace);
    if (workspace === undefined) return { requeueAfterMs: LINK_POLL_MS };
    await ensureAdminCertificate(context, applier, { config, workspace });
    const wanted = relayWanted(context, config, workspace);
    for (const manifest of relayObjects(wanted)) {
      const observed = storeOf(workspace, manifest.kind)?.get(`${config.spec.namespace}/${manifest.metadata.name}`);
      await applier.apply(resourceOf(manifest), manifest, observed);
    }
    const changed = await ensurePod(context, { wanted, workspace });
    if (changed !== undefined) return { requeueAfterMs: changed };
    await refreshRelay(context, wanted, workspace);
    try {
      await relay.ask(workspace, config);
    } catch (error) {
      context.log.debug({ error: error instanceof Error ? error.message : String(error) }, 'the relay does not answer yet');
    }
    return {
      requeueAfterMs: relay.nextLookMs(workspace),
    };
  };

  const controller = createController({
    name: 'relay',
    clock: context.clock,
    metrics: context.metrics,
    log: context.log,
    reconcile: (_key, { signal }) => reconcile(signal),
  });
  return { controller, key: relay };
}

/** Issued by the city's own authority: the relay can be asked for its key before any network exists. */
async function ensureAdminCertificate(
  context: OperatorContext,
  applier: Applier,
  { config, workspace }: { readonly config: CityConfig; readonly workspace: Workspace },
): Promise<void> {
  const name = relayTlsName(RELAY_ADMIN);
  const subject = spiffe.relay(config.spec.city);
  const held = certificateOf(workspace.secrets.store.get(`${config.spec.namespace}/${name}`));
  if (isCertificateDue(held, subject, context.clock.nowUnixMs()) === undefined) return;
  const nowUnixMs = context.clock.nowUnixMs();
  const authority =
    (await context.authorities.find(PLATFORM_AUTHORITY)) ?? (await context.authorities.create(PLATFORM_AUTHORITY, nowUnixMs));
  const leaf = await issueLeaf(authority, { subject, hours: config.spec.certificateHours ?? DEFAULT_HOURS, nowUnixMs });
  const secret = certificateSecret({
    secret: name,
    namespace: config.spec.namespace,
    subject,
    network: RELAY_ADMIN,
    owner: [],
    leaf,
    nowUnixMs,
    issuerPem: authority.certificatePem,
    authoritiesPem: authority.certificatePem,
    ...{ issuer: 1, trusted: [1], dnsNames: [] },
  });
  await applier.apply(secrets, secret, undefined);
}

/** Makes the pod, or replaces one that cannot take up what is wanted; undefined when the right one is there, else when to look again. */
async function ensurePod(
  context: OperatorContext,
  { wanted, workspace }: { readonly wanted: RelayWanted; readonly workspace: Workspace },
): Promise<number | undefined> {
  const pod = podOf(workspace.pods.store.get(`${wanted.namespace}/${RELAY_POD}`));
  if (pod?.deleting === true) return WHILE_STARTING_MS;
  const isRight = pod !== undefined && !pod.finished && pod.configHash === relayFingerprint(wanted);
  if (isRight) return undefined;
  const youngest = youngestNetworkMs(context.caches.networks.store.list());
  if (context.clock.nowUnixMs() - youngest < RELAY_SETTLE_MS) return RELAY_SETTLE_MS;
  if (pod !== undefined) {
    if (context.isLeader()) await context.client.delete(pods, { namespace: wanted.namespace, name: RELAY_POD }, { uid: pod.uid });
    return WHILE_STARTING_MS;
  }
  try {
    await context.client.create(pods, relayPod(wanted));
  } catch (error) {
    if (!isApiError(error, 'AlreadyExists')) throw error;
  }
  return AFTER_ACTION_MS;
}

/** It says of no certificate that it has taken it up, so its kubelet is told of every change. */
async function refreshRelay(context: OperatorContext, wanted: RelayWanted, workspace: Workspace): Promise<void> {
  const { namespace } = wanted;
  const pod = podOf(workspace.pods.store.get(`${namespace}/${RELAY_POD}`));
  if (pod?.running !== true || pod.deleting) return;
  const text = relayConfigurationIn(workspace);
  if (text !== relayConfigText(wanted)) return;
  const hashes = [RELAY_ADMIN, ...wanted.networkNames].map(
    (network) => certificateOf(workspace.secrets.store.get(`${namespace}/${relayTlsName(network)}`))?.hash ?? '',
  );
  const at = { nowUnixMs: context.clock.nowUnixMs(), sha256: nodeCrypto.sha256 };
  const note = nextMountRefresh([text, ...hashes].join('\n'), pod.mountRefresh, at);
  if (note !== undefined) await refreshMounts(context.client, { name: RELAY_POD, namespace, uid: pod.uid, note });
}

function youngestNetworkMs(networks: readonly LedgerNetwork[]): number {
  return Math.max(0, ...networks.map(({ metadata }) => Date.parse(metadata.creationTimestamp)));
}

/** What the relay is to serve: networks that were born and have an address, and the pairs among them. */
function relayWanted(context: OperatorContext, config: CityConfig, workspace: Workspace): RelayWanted {
  const all = [...context.caches.networks.store.list()].filter(({ metadata }) => metadata.namespace === config.spec.namespace);
  const networks = all
    .flatMap((network) => relayNetwork(context, workspace, network) ?? [])
    .sort((left, right) => (left.network < right.network ? -1 : 1));
  const names = new Set(networks.map(({ network }) => network));
  const { probe, tracing } = config.spec.observability ?? {};
  return {
    namespace: config.spec.namespace,
    city: config.spec.city,
    owner: { name: config.metadata.name, uid: config.metadata.uid },
    image: `${config.spec.release.image ?? NODE_IMAGE}:${config.spec.release.version}`,
    logLevel: config.spec.logLevel ?? 'info',
    ...(probe === undefined ? {} : { probeIntervalMs: probe.intervalSeconds * 1000 }),
    ...(tracing === undefined ? {} : { tracing }),
    networkNames: all.map(({ metadata }) => metadata.name).sort(),
    networks,
    links: linksOf(context, names),
  };
}

function relayNetwork(context: OperatorContext, workspace: Workspace, { metadata }: LedgerNetwork): RelayNetwork | undefined {
  const id = networkNameOf(metadata);
  const text = findGenesisRecord(context, id);
  const service = workspace.services.store.get(`${id.namespace}/${gatewayName(id.name)}`);
  const [address, port] = [service?.spec?.clusterIP, service?.spec?.ports?.[0]?.port];
  if (text === undefined || address === undefined || port === undefined) return undefined;
  return {
    network: id.name,
    chainId: genesisFromText(text).chainId,
    genesisHash: genesisHashOf(text, nodeCrypto.sha256),
    grpc: `${address}:${port}`,
  };
}

/** The city's LedgerLinks, and for a network without one to the city a pair that keeps the pinned city client fresh. */
function linksOf(context: OperatorContext, names: ReadonlySet<string>): RelayConfig['links'] {
  const links = context.caches.links.store.list().map(({ metadata, spec }) => ({
    name: metadata.name,
    from: spec.from,
    to: spec.to,
    paused: spec.paused === true || spec.frozen === true,
  }));
  const city = findCityNetwork(context)?.metadata.name;
  const served = links.filter(({ from, to }) => names.has(from) && names.has(to));
  const anchored = new Set(links.filter(({ from, to }) => from === city || to === city).flatMap(({ from, to }) => [from, to]));
  const anchors = city === undefined || !names.has(city) ? [] : [...names].filter((name) => name !== city && !anchored.has(name));
  return [...served, ...anchors.map((name) => ({ name: `anchor-${name}`, from: city ?? '', to: name, paused: false }))].sort(
    (left, right) => (left.name < right.name ? -1 : 1),
  );
}
