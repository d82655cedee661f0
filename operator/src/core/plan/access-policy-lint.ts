import { CONTRACTS, type Domain, nameOfContract } from '../desired/domain-contracts.ts';
import type { AccessPolicySpec } from '../resources/access-policy.ts';
import { type Entry, portsLetIn } from './link-grants.ts';

/** Contract that keeps source policies and answers questions. */
export const GATE = 'health.access';

const HOURS_OF_YEAR = 8760;
/** More questions a day than one office asks; a person should have thought of it. */
const RATE_NOTABLE = 10_000;

/** What a policy is read against. */
export interface PolicySurroundings {
  readonly source: { readonly name: string; readonly runsGate: boolean };
  readonly caller: { readonly name: string; readonly domain: Domain };
  /** Agencies that take part in the caller's network. */
  readonly callerMembers: readonly string[];
  /** What of the caller's packets the source lets in. */
  readonly entry: Entry;
}

export interface PolicyFindings {
  /** It could never be asked or answered as it stands. */
  readonly faults: readonly string[];
  /** It works, and somebody should know. */
  readonly notes: readonly string[];
}

/** Whether networks of a domain run a contract from their birth on. */
export const bornWith = (domain: Domain, contract: string): boolean =>
  CONTRACTS[domain].some((named) => nameOfContract(named) === contract);

/** Reads a source policy as a careful reviewer would. */
export function lintPolicy(spec: AccessPolicySpec, { source, caller, callerMembers, entry }: PolicySurroundings): PolicyFindings {
  const { caller: asking, consent, ratePerDay, answerAgeHours, disclosure, delayHours = 0 } = spec;
  const faults = [source.runsGate ? '' : `${source.name} runs no ${GATE}: nothing there answers`];
  const notes = [
    bornWith(caller.domain, asking.contract) ? '' : `${caller.name} was not born with ${asking.contract}, which is to ask`,
    consent === 'none' ? 'answers without the citizen’s consent: the legal basis must carry it alone' : '',
    disclosure === 'delayed' ? `the citizen sees each question ${delayHours} hours late` : '',
    ratePerDay > RATE_NOTABLE ? `${ratePerDay} questions a day is more than one office asks` : '',
    answerAgeHours > HOURS_OF_YEAR ? 'an attestation older than a year may answer' : '',
    callerMembers.includes(asking.organisation) ? '' : `${asking.organisation} takes no part in ${caller.name} yet`,
    portsLetIn([GATE], entry).length > 0 ? '' : `${source.name} lets no packet of ${caller.name} reach ${GATE}`,
  ];
  const isSaid = (text: string): boolean => text !== '';
  return { faults: faults.filter(isSaid), notes: notes.filter(isSaid) };
}
