import { EXIT, type ExitCode } from '../exit-codes.ts';
import { listProfiles } from '../profile/load-profile.ts';
import { withCluster } from '../profile/refresh-profiles.ts';
import type { Parties } from '../sdk/parties.ts';
import {
  type CityResources,
  findReady,
  type LinkObject,
  listCityResources,
  type NetworkObject,
  type NodeObject,
  phaseOf,
} from './city-resources.ts';
import type { CommandContext } from './context.ts';

/** A status that waits for a dead node is none. */
const STATUS_PATIENCE_MS = 1_500;

interface Live {
  readonly network: string;
  readonly chainId: string;
  readonly genesisHash: string;
  readonly engine: string;
  readonly height: number;
  readonly root: string;
  readonly validators: number;
}

/** What the network's own node says now; undefined when it does not answer within the retries. */
async function findLive(parties: Parties, network: string): Promise<Live | undefined> {
  try {
    const info = await parties.anyLedger(network).info(STATUS_PATIENCE_MS);
    const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
    const { chainId, engine, validatorCount } = info;
    return {
      network,
      chainId,
      engine,
      height: Number(info.height),
      root: text(info.root),
      genesisHash: text(info.genesisHash),
      validators: validatorCount,
    };
  } catch {
    return undefined;
  }
}

async function liveNetworks(context: CommandContext): Promise<Map<string, Live>> {
  const parties = await context.parties();
  const names = new Set(listProfiles(context.home).flatMap((agency) => [...parties.profile(agency).networks.keys()]));
  const live = await Promise.all([...names].map((name) => findLive(parties, name)));
  return new Map(live.flatMap((one) => (one === undefined ? [] : [[one.network, one]])));
}

function networkRow(network: NetworkObject, live: Live | undefined): string[] {
  const { status, spec, metadata } = network;
  const height = String(live?.height ?? status?.height ?? '');
  const root = (live?.root ?? status?.root ?? '').slice(0, 12);
  const { grpc = '', metrics = '' } = status?.endpoints ?? {};
  return [
    metadata.name,
    spec.chainId,
    phaseOf(status),
    status?.engine ?? '',
    status?.validators?.summary ?? '',
    height,
    root,
    grpc,
    metrics,
  ];
}

export function linkRow({ metadata, status, spec }: LinkObject): string[] {
  const { lastSequence = 0, inFlight = 0, oldestPendingAge = '' } = status ?? {};
  return [metadata.name, `${spec.from} ⇄ ${spec.to}`, phaseOf(status), String(lastSequence), String(inFlight), oldestPendingAge];
}

/** Nodes with something wrong: the node's own word, or that there is none. */
function unwellRows(nodes: readonly NodeObject[]): readonly string[][] {
  return nodes
    .filter(({ status }) => status?.phase !== 'Ready')
    .map(({ metadata, spec, status }) => [metadata.name, spec.networkRef, phaseOf(status), status?.unwell ?? '']);
}

/** What is under way in networks, and where pools and ledger differ. */
function progressRows(networks: readonly NetworkObject[]): readonly string[][] {
  return networks.flatMap(({ metadata, status }) =>
    (status?.conditions ?? [])
      .filter(
        ({ type, status: holds }) => (type === 'Progressing' && holds === 'True') || (type === 'PoolsMatchLedger' && holds === 'False'),
      )
      .map(({ reason = '', message = '' }) => [metadata.name, reason, message]),
  );
}

export const LINK_HEADERS = ['link', 'between', 'phase', 'last sequence', 'in flight', 'oldest'];

export const fetchCity = (home: string): Promise<CityResources> => withCluster(home, listCityResources);

/** Networks, links and agencies: the operator's word, with heights from the nodes themselves. */
export async function statusCommand(context: CommandContext): Promise<ExitCode> {
  const { terminal } = context;
  const city = await fetchCity(context.home);
  const live = await liveNetworks(context);
  terminal.table(
    ['network', 'chain id', 'phase', 'engine', 'validators', 'height', 'root', 'grpc', 'metrics'],
    city.networks.map((network) => networkRow(network, live.get(network.metadata.name))),
  );
  const progress = progressRows(city.networks);
  if (progress.length > 0) {
    terminal.line();
    terminal.table(['network', 'under way', ''], progress);
  }
  const unwell = unwellRows(city.nodes);
  if (unwell.length > 0) {
    terminal.line();
    terminal.table(['node', 'network', 'phase', 'unwell'], unwell);
  }
  terminal.line();
  terminal.table(LINK_HEADERS, city.links.map(linkRow));
  terminal.line();
  const memberships = (list: CityResources['agencies'][number]): string =>
    (list.spec.memberships ?? []).map(({ network, roles }) => `${network} [${roles.join(' ')}]`).join(', ');
  terminal.table(
    ['agency', 'phase', 'memberships'],
    city.agencies.map((agency) => [agency.metadata.name, phaseOf(agency.status), memberships(agency)]),
  );
  const networks = city.networks.map(({ metadata, spec, status }) => ({
    name: metadata.name,
    chainId: spec.chainId,
    status: status ?? null,
    live: live.get(metadata.name) ?? null,
  }));
  const named = (one: { metadata: { name: string }; spec: unknown; status?: unknown }) => ({
    name: one.metadata.name,
    spec: one.spec,
    status: one.status ?? null,
  });
  terminal.result({
    networks,
    nodes: city.nodes.map(named),
    links: city.links.map(named),
    agencies: city.agencies.map(named),
    ready: findReady(context.home) ?? null,
  });
  return EXIT.ok;
}

/** The links alone. */
export async function linksCommand(context: CommandContext): Promise<ExitCode> {
  const { links } = await fetchCity(context.home);
  context.terminal.table(LINK_HEADERS, links.map(linkRow));
  context.terminal.result(links.map(({ metadata, spec, status }) => ({ name: metadata.name, spec, status: status ?? null })));
  return EXIT.ok;
}
