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
import { ApiProblem } from './problem.ts';

/** One page of a list. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly next?: string;
}

/** Heads and heights move without any object changing: what shows them asks again this often. */
const LIVE_MS = 3000;
/** As often as the console itself asks. */
const FIGURES_MS = 15_000;

const segment = (text: string | number): string => encodeURIComponent(String(text));

interface ResourceOptions {
  readonly refetchMs?: number;
  /** Asked again this often while there is none. */
  readonly refetchUntilFoundMs?: number;
  readonly isEnabled?: boolean;
}

function useResource<Value>(
  queryKey: QueryKey,
  path: string,
  { refetchMs, refetchUntilFoundMs, isEnabled = true }: ResourceOptions = {},
): UseQueryResult<Value> {
  const { client } = useApi();
  return useQuery({
    queryKey,
    enabled: isEnabled,
    queryFn: async ({ signal }) => (await client.send<Value>({ method: 'GET', path, signal })).value,
    ...(refetchMs === undefined ? {} : { refetchInterval: refetchMs }),
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
  useResource(['network', name], `/networks/${segment(name)}`, { refetchMs: LIVE_MS });
export const useNetworkEvents = (name: string): ListResult<ObjectEvent> =>
  useList(['network', name, 'events'], `/networks/${segment(name)}/events`);
export const useNetworkFigures = (name: string): UseQueryResult<NetworkFigures> =>
  useResource(['network', name, 'figures'], `/networks/${segment(name)}/figures`, { refetchMs: FIGURES_MS });
export const useNetworkYaml = (name: string): UseQueryResult<YamlView> =>
  useResource(['network', name, 'yaml'], `/networks/${segment(name)}/yaml`);

export const useLinks = (): ListResult<Link> => useList(['links'], '/links?limit=200');
export const useLink = (name: string): UseQueryResult<LinkDetail> =>
  useResource(['link', name], `/links/${segment(name)}`, { refetchMs: LIVE_MS });

export const useAgencies = (): ListResult<Agency> => useList(['agencies'], '/agencies?limit=200');
export const useAgency = (name: string): UseQueryResult<Agency> => useResource(['agency', name], `/agencies/${segment(name)}`);
export const useMembers = (agency: string): ListResult<Member> =>
  useList(['agency', agency, 'members'], `/agencies/${segment(agency)}/members`);
export const useInvitations = (agency: string): ListResult<Invitation> =>
  useList(['agency', agency, 'invitations'], `/agencies/${segment(agency)}/invitations`);

export const useInbox = (): UseQueryResult<Inbox> => useResource(['inbox'], '/inbox', { refetchMs: 15_000 });

export const useBlocks = (network: string): ListResult<Block> =>
  useList(['ledger', network, 'blocks'], `/networks/${segment(network)}/blocks?limit=25`);
export const useBlock = (network: string, height: string): UseQueryResult<BlockDetail> =>
  useResource(['ledger', network, 'block', height], `/networks/${segment(network)}/blocks/${segment(height)}`);
export const useOperation = (network: string, hash: string): UseQueryResult<OperationDetail> =>
  useResource(['ledger', network, 'operation', hash], `/networks/${segment(network)}/operations/${segment(hash)}`);
export const usePackets = (network: string): UseQueryResult<{ readonly items: readonly Packet[] }> =>
  useResource(['ledger', network, 'packets'], `/networks/${segment(network)}/packets`, { refetchMs: LIVE_MS });
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
  return useQuery({
    queryKey: ['ledger', network, 'record', key],
    refetchInterval: LIVE_MS,
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
/** Other ledgers move by themselves: a case is asked for again as long as it is shown. */
export const useCase = (network: string, id: string): UseQueryResult<CaseDetail> =>
  useResource(['case', network, id], `/networks/${segment(network)}/cases/${segment(id)}`, { refetchMs: LIVE_MS });
export const useCitizen = (cursor: string): UseQueryResult<Citizen> =>
  useResource(['citizen', cursor], cursor === '' ? '/citizen' : `/citizen?cursor=${segment(cursor)}`, { refetchMs: 15_000 });

export const useAudit = (agency: string): ListResult<AuditEntry> =>
  useList(['audit', agency], agency === '' ? '/audit' : `/audit?agency=${segment(agency)}`);
/** An agency that was just made: asked for often until it stands. */
export const useArrivingAgency = (name: string): UseQueryResult<Agency> =>
  useResource(['agency', name], `/agencies/${segment(name)}`, { refetchMs: LIVE_MS });
