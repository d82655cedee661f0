import { invariant } from '@civitas/canon';
import type { RecordSource } from '../state/records.ts';
import { FIRST_PROTOCOL } from './limits.ts';
import { protocolAt } from './records.ts';

/** What of a ledger's rules differs between protocol versions. A rule that changes is a field here, and nowhere an `if` on a version. */
export interface ProtocolRules {
  /** How long after it was made a proposal may be approved, ms of header time; undefined: for ever. */
  readonly proposalLifeMs: number | undefined;
  /** Whether whoever proposed may take it back. */
  readonly canWithdraw: boolean;
  /** Proposals that one organisation may have open; undefined: as many as the ledger takes. */
  readonly openProposalsPerOrganisationMax: number | undefined;
  /** Whether an approval stops counting when its founder is removed. */
  readonly countsStandingFoundersOnly: boolean;
  /** Whether a validator may go on under another key without losing its seat. */
  readonly canRekey: boolean;
  /** Whether founders may carry out, by a proposal, what a contract leaves to their decision. */
  readonly canDecideCalls: boolean;
  /** Contracts, `name@vN`, that a ledger may take up after its birth: every release that executes this version ships them. */
  readonly installableContracts: readonly string[];
  /** Whether bundles may come packed. */
  readonly readsPackedBundles: boolean;
  /** Whether a change is refused after which too few founders could approve the next one. */
  readonly staysGovernable: boolean;
  /** Whether a thawed client forgets the headers that it trusted before. */
  readonly forgetsAtThaw: boolean;
}

const DAY_MS = 24 * 3_600_000;

const CONTRACTS_OF_THIRD: readonly string[] = [
  'city.access@v1',
  'city.consent@v1',
  'city.fiscal-receipt@v1',
  'city.identity@v1',
  'city.registry@v1',
  'city.rulebook@v1',
  'courts.evidence@v1',
  'health.access@v1',
  'health.attestation@v1',
  'health.index@v1',
  'housing.account@v1',
  'housing.withdrawal@v1',
  'transport.fine@v1',
  'transport.violation@v1',
];

const FIRST: ProtocolRules = {
  proposalLifeMs: undefined,
  canWithdraw: false,
  openProposalsPerOrganisationMax: undefined,
  countsStandingFoundersOnly: false,
  canRekey: false,
  canDecideCalls: false,
  installableContracts: [],
  readsPackedBundles: false,
  staysGovernable: false,
  forgetsAtThaw: false,
};

const SECOND: ProtocolRules = {
  ...FIRST,
  proposalLifeMs: 30 * DAY_MS,
  canWithdraw: true,
  openProposalsPerOrganisationMax: 64,
  countsStandingFoundersOnly: true,
  canRekey: true,
};

const THIRD: ProtocolRules = { ...SECOND, canDecideCalls: true, installableContracts: CONTRACTS_OF_THIRD };

const FOURTH: ProtocolRules = { ...THIRD, readsPackedBundles: true };

const FIFTH: ProtocolRules = { ...FOURTH, staysGovernable: true, forgetsAtThaw: true };

/** The one table of versions: what a version says never changes once a chain runs it. */
const RULES: readonly ProtocolRules[] = [FIRST, SECOND, THIRD, FOURTH, FIFTH];

/** The newest version that this code executes; it executes all from the first one on. */
export const NEWEST_PROTOCOL: number = FIRST_PROTOCOL + RULES.length - 1;

/** Rules of a version. A node stops before a block whose version it does not know. */
export function rulesOf(version: number): ProtocolRules {
  const rules = RULES[version - FIRST_PROTOCOL];
  invariant(rules !== undefined, `protocol version ${version} is not known here`);
  return rules;
}

/** Rules of the block that is being executed over these records. */
export function rulesAt(records: RecordSource, height: number): ProtocolRules {
  return rulesOf(protocolAt(records, height).version);
}
