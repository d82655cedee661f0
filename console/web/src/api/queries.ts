import type {
  Agency,
  AuditEntry,
  Block,
  BlockDetail,
  CaseDetail,
  CaseLine,
  CaseOpening,
  Citizen,
  Inbox,
  Invitation,
  LedgerRecord,
  Link,
  LinkDetail,
  Me,
  Member,
  Network,
  NetworkDetail,
  NetworkFigures,
  ObjectEvent,
  OperationDetail,
  Packet,
  PacketProof,
  SearchHit,
  WaitingCases,
  YamlView,
} from '@civitas/console-contract';
import {
  type Query,
  type QueryKey,
  type UseInfiniteQueryResult,
  type UseQueryResult,
  useInfiniteQuery,
  useQuery,
} from '@tanstack/react-query';
import { useApi } from './api-context.ts';
import { useConnection } from './live.ts';
import { ApiProblem } from './problem.ts';

/** One page of a list. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly next?: string;
}

/** While the stream of changes is cut, what is shown asks again this often. */
const LIVE_MS = 3000;
/** And while it is not: for what changes by time alone, such as a packet that becomes late. */
const FOLLOWED_MS = 30_000;
/** What costs more to answer. */
const COSTLY_MS = 15_000;
/** As often as the console itself asks. */
const FIGURES_MS = 15_000;

const segment = (text: string | number): string => encodeURIComponent(String(text));

interface ResourceOptions {
  /** Always asked again this often. */
  readonly refetchMs?: number;
  /** Changes are told by the stream; asked again this often while it is cut. */
  readonly whileCutMs?: number;
  /** Asked again this often while there is none. */
  readonly refetchUntilFoundMs?: number;
  readonly isEnabled?: boolean;
}

/** How often something that the stream tells of is asked for by the clock besides. */
function useFollowedMs(whileCutMs: number | undefined): number | undefined {
  const isLive = useConnection() === 'live';
  return whileCutMs === undefined ? undefined : isLive ? FOLLOWED_MS : whileCutMs;
}

function useResource<Value>(
  queryKey: QueryKey,
  path: string,
  { refetchMs, whileCutMs, refetchUntilFoundMs, isEnabled = true }: ResourceOptions = {},
): UseQueryResult<Value> {
  const { client } = useApi();
  const followedMs = useFollowedMs(whileCutMs);
  const everyMs = refetchMs ?? followedMs;
  return useQuery({
    queryKey,
    enabled: isEnabled,
    queryFn: async ({ signal }) => (await client.send<Value>({ method: 'GET', path, signal })).value,
    ...(everyMs === undefined ? {} : { refetchInterval: everyMs }),
    ...(refetchUntilFoundMs === undefined
      ? {}
      : { refetchInterval: ({ state }: Query<Value, Error, Value>) => (state.data === undefined ? refetchUntilFoundMs : false) }),
  });
}

/** A list whose further pages are asked for by hand. */
export interface ListResult<Item> {
  readonly query: UseInfiniteQueryResult<readonly Item[]>;
  readonly onMore: (() => void) | undefined;
}

function useList<Item>(queryKey: QueryKey, path: string): ListResult<Item> {
  const { client } = useApi();
  const query = useInfiniteQuery({
    queryKey,
    initialPageParam: '',
    queryFn: async ({ signal, pageParam }) => {
      const cursor = pageParam === '' ? '' : `${path.includes('?') ? '&' : '?'}cursor=${segment(pageParam)}`;
      return (await client.send<Page<Item>>({ method: 'GET', path: `${path}${cursor}`, signal })).value;
    },
    getNextPageParam: (page: Page<Item>) => page.next,
    select: ({ pages }): readonly Item[] => pages.flatMap(({ items }) => items),
  });
  return { query, onMore: query.hasNextPage ? () => void query.fetchNextPage() : undefined };
}

export const useMe = (): UseQueryResult<Me> => useResource(['me'], '/me');

export const useNetworks = (): ListResult<Network> => useList(['networks'], '/networks?limit=200');
export const useNetwork = (name: string): UseQueryResult<NetworkDetail> =>
  useResource(['network', name, 'detail'], `/networks/${segment(name)}`, { whileCutMs: LIVE_MS });
export const useNetworkEvents = (name: string): ListResult<ObjectEvent> =>
  useList(['network', name, 'events'], `/networks/${segment(name)}/events`);
export const useNetworkFigures = (name: string): UseQueryResult<NetworkFigures> =>
  useResource(['network', name, 'figures'], `/networks/${segment(name)}/figures`, { refetchMs: FIGURES_MS });
export const useNetworkYaml = (name: string): UseQueryResult<YamlView> =>
  useResource(['network', name, 'yaml'], `/networks/${segment(name)}/yaml`);

export const useLinks = (): ListResult<Link> => useList(['links'], '/links?limit=200');
export const useLink = (name: string): UseQueryResult<LinkDetail> =>
  useResource(['link', name], `/links/${segment(name)}`, { whileCutMs: LIVE_MS });

export const useAgencies = (): ListResult<Agency> => useList(['agencies'], '/agencies?limit=200');
export const useAgency = (name: string): UseQueryResult<Agency> => useResource(['agency', name], `/agencies/${segment(name)}`);
export const useMembers = (agency: string): ListResult<Member> =>
  useList(['agency', agency, 'members'], `/agencies/${segment(agency)}/members`);
export const useInvitations = (agency: string): ListResult<Invitation> =>
  useList(['agency', agency, 'invitations'], `/agencies/${segment(agency)}/invitations`);

export const useInbox = (): UseQueryResult<Inbox> => useResource(['inbox'], '/inbox', { whileCutMs: COSTLY_MS });

export const useBlocks = (network: string): ListResult<Block> =>
  useList(['ledger', network, 'blocks'], `/networks/${segment(network)}/blocks?limit=25`);
export const useBlock = (network: string, height: string): UseQueryResult<BlockDetail> =>
  useResource(['ledger', network, 'block', height], `/networks/${segment(network)}/blocks/${segment(height)}`);
export const useOperation = (network: string, hash: string): UseQueryResult<OperationDetail> =>
  useResource(['ledger', network, 'operation', hash], `/networks/${segment(network)}/operations/${segment(hash)}`);
export const usePackets = (network: string): UseQueryResult<{ readonly items: readonly Packet[] }> =>
  useResource(['ledger', network, 'packets'], `/networks/${segment(network)}/packets`, { whileCutMs: LIVE_MS });
/** The next block proves a packet: it is asked for again until then. */
export const usePacketProof = (packet: Packet): UseQueryResult<PacketProof> =>
  useResource(
    ['ledger', packet.network, 'proof', packet.peer, packet.sequence],
    `/networks/${segment(packet.network)}/packets/${segment(packet.peer)}/${segment(packet.sequence)}/proof`,
    { refetchUntilFoundMs: LIVE_MS },
  );
/** A record by its full key; null where the ledger holds none. */
export function useFoundRecord(network: string, key: string): UseQueryResult<LedgerRecord | null> {
  const { client } = useApi();
  const everyMs = useFollowedMs(LIVE_MS);
  return useQuery({
    queryKey: ['ledger', network, 'record', key],
    refetchInterval: everyMs ?? false,
    queryFn: async ({ signal }) => {
      const path = `/networks/${segment(network)}/records?key=${segment(key)}`;
      try {
        return (await client.send<LedgerRecord>({ method: 'GET', path, signal })).value;
      } catch (error) {
        if (error instanceof ApiProblem && error.code === 'NOT_FOUND') return null;
        throw error;
      }
    },
  });
}
export const useSearch = (text: string): UseQueryResult<{ readonly items: readonly SearchHit[] }> =>
  useResource(['search', text], `/search?q=${segment(text)}`, { isEnabled: text !== '' });

export const useCases = (): ListResult<CaseLine> => useList(['cases'], '/cases');
export const useCaseOpenings = (): UseQueryResult<{ readonly items: readonly CaseOpening[] }> =>
  useResource(['case-openings'], '/case-openings');
export const useCase = (network: string, id: string): UseQueryResult<CaseDetail> =>
  useResource(['case', network, id], `/networks/${segment(network)}/cases/${segment(id)}`, { whileCutMs: LIVE_MS });
/** Cases whose next step an agency of the person's can take. */
export const useWaitingCases = (isEnabled: boolean): UseQueryResult<WaitingCases> =>
  useResource(['waiting-cases'], '/waiting-cases', { whileCutMs: COSTLY_MS, isEnabled });
export const useCitizen = (cursor: string): UseQueryResult<Citizen> =>
  useResource(['citizen', cursor], cursor === '' ? '/citizen' : `/citizen?cursor=${segment(cursor)}`, { whileCutMs: COSTLY_MS });

export const useAudit = (agency: string): ListResult<AuditEntry> =>
  useList(['audit', agency], agency === '' ? '/audit' : `/audit?agency=${segment(agency)}`);
/** An agency that was just made: asked for often until it stands. */
export const useArrivingAgency = (name: string): UseQueryResult<Agency> =>
  useResource(['agency', name], `/agencies/${segment(name)}`, { refetchMs: LIVE_MS });
