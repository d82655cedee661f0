import { base64urlEncode, type JsonObject } from '@civitas/canon';
import { listProfiles, loadProfile, openParties, type Parties } from '@civitas/cli';
import { type CityStatus, holds, type LinkObject } from './city-status.ts';

/** Height and root as the node says now; the operator writes them into status every ten seconds only. */
export interface NetworkFigures {
  readonly height: number;
  readonly root: string;
}

/** What both ledgers of a link have counted, both directions together. */
export interface LinkFigures {
  readonly lastSequence: number;
  readonly inFlight: number;
}

export interface LiveFigures {
  readonly networks: ReadonlyMap<string, NetworkFigures>;
  readonly links: ReadonlyMap<string, LinkFigures>;
}

/** Asks each serving network itself, as far as a credential profile of this home reaches it; what is left out stands in status. */
export async function fetchLiveFigures(home: string, status: CityStatus): Promise<LiveFigures> {
  const chainIds = reachableChains(home, status);
  const parties = openParties(home);
  try {
    const networks = await Promise.all([...chainIds.keys()].map(async (name) => [name, await networkFigures(parties, name)] as const));
    const served = status.links.filter(({ spec }) => chainIds.has(spec.from) && chainIds.has(spec.to));
    const links = await Promise.all(served.map(async (item) => [item.metadata.name, await linkFigures(parties, chainIds, item)] as const));
    return { networks: new Map(networks), links: new Map(links) };
  } finally {
    parties.close();
  }
}

/** Chain ids by name of the networks that serve and that some profile has a certificate for. */
function reachableChains(home: string, status: CityStatus): ReadonlyMap<string, string> {
  const known = new Set(listProfiles(home).flatMap((agency) => [...loadProfile(home, agency).networks.keys()]));
  const reachable = status.networks.filter((item) => known.has(item.metadata.name) && holds(item, 'Available'));
  return new Map(reachable.map((item) => [item.metadata.name, item.spec.chainId]));
}

async function networkFigures(parties: Parties, name: string): Promise<NetworkFigures> {
  const { height, root } = await parties.anyLedger(name).info();
  return { height: Number(height), root: base64urlEncode(root) };
}

async function linkFigures(parties: Parties, chainIds: ReadonlyMap<string, string>, { spec }: LinkObject): Promise<LinkFigures> {
  const counterOf = async (from: string, to: string): Promise<JsonObject> =>
    (await parties.anyLedger(from).read(`links/${chainIds.get(to)}/counter`)).value ?? {};
  const counters = await Promise.all([counterOf(spec.from, spec.to), counterOf(spec.to, spec.from)]);
  const sum = (field: 'lastSequence' | 'inFlight'): number => counters.reduce((total, counter) => total + Number(counter[field] ?? 0), 0);
  return { lastSequence: sum('lastSequence'), inFlight: sum('inFlight') };
}
