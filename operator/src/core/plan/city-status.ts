import type { Agency } from '../resources/agency.ts';
import type { CityConfigStatus } from '../resources/city-config.ts';
import type { LedgerLink } from '../resources/ledger-link.ts';
import type { LedgerNetwork } from '../resources/ledger-network.ts';
import { type Verdict, verdict } from './network-status.ts';

/** The whole installation as its objects' own conditions have it. */
export interface ObservedCity {
  readonly networks: readonly LedgerNetwork[];
  readonly links: readonly LedgerLink[];
  readonly agencies: readonly Agency[];
  /** Name of the CityConfig that counts, when it is another one. */
  readonly older: string | undefined;
}

/** Objects that one message names; the rest are counted. */
const NAMED_MAX = 8;

interface Tally {
  readonly what: string;
  readonly total: number;
  readonly missing: readonly string[];
}

interface Conditioned {
  readonly metadata: { readonly name: string };
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

function tallyOf(what: string, objects: readonly Conditioned[], type: string): Tally {
  const holds = ({ status }: Conditioned): boolean =>
    status?.conditions?.some((condition) => condition.type === type && condition.status === 'True') ?? false;
  return { what, total: objects.length, missing: objects.filter((object) => !holds(object)).map(({ metadata }) => metadata.name) };
}

function talliesOf({ networks, links, agencies }: ObservedCity): readonly [Tally, Tally, Tally] {
  return [
    tallyOf('networks available', networks, 'Available'),
    tallyOf('links flowing', links, 'Flowing'),
    tallyOf('agencies enrolled', agencies, 'Enrolled'),
  ];
}

const ratioOf = ({ total, missing }: Tally): string => `${total - missing.length}/${total}`;

/** One condition: whether everything there is, is as it should be, with the counts in words. */
export function cityVerdicts(city: ObservedCity): readonly Verdict[] {
  if (city.older !== undefined) {
    const message = `one CityConfig an installation: ${city.older} is older and counts, this one is not read`;
    return [verdict('Ready', false, 'NotTheOldest', message)];
  }
  const tallies = talliesOf(city);
  const counts = tallies.map((tally) => `${ratioOf(tally)} ${tally.what}`).join(', ');
  if (city.networks.length === 0) return [verdict('Ready', false, 'NoNetworks', 'there is no LedgerNetwork yet')];
  const missing = tallies.flatMap((tally) => tally.missing);
  if (missing.length === 0) return [verdict('Ready', true, 'AllServing', counts)];
  const named = missing.slice(0, NAMED_MAX).join(', ');
  const rest = missing.length > NAMED_MAX ? ` and ${missing.length - NAMED_MAX} more` : '';
  return [verdict('Ready', false, 'PartsMissing', `${counts}; not yet: ${named}${rest}`)];
}

/** What this operator would work on and the API server does not serve: its definitions are of an older release. Nothing while all are. */
export function kindsVerdicts(missing: readonly string[]): readonly Verdict[] {
  if (missing.length === 0) return [];
  const message = `not served, so nothing of them is done: ${[...missing].sort().join(', ')}; apply the definitions of this release`;
  return [verdict('KindsServed', false, 'KindsMissing', message)];
}

export function cityPhase(verdicts: readonly Verdict[]): string {
  const ready = verdicts.find(({ type }) => type === 'Ready');
  return ready?.status === 'True' ? 'Ready' : (ready?.reason ?? 'Pending');
}

/** The counts by themselves, for columns. */
export function cityFacts(city: ObservedCity): Pick<CityConfigStatus, 'networks' | 'links' | 'agencies'> {
  const [networks, links, agencies] = talliesOf(city);
  return { networks: ratioOf(networks), links: ratioOf(links), agencies: ratioOf(agencies) };
}
