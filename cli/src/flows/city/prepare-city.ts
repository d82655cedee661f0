import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { base64urlEncode, type JsonObject } from '@civitas/canon';
import { EXIT } from '../../exit-codes.ts';
import { Fault, Refused } from '../../fault.ts';
import { type Parties, REGISTRAR } from '../../sdk/parties.ts';
import type { Approver, Call } from '../../sdk/sign-operation.ts';
import { SAMPLE_RULES } from './rule-values.ts';

const ENROL_WAIT_MS = 60_000;
const POLL_MS = 100;
const DAY_MS = 86_400_000;

export interface PrepareOptions {
  readonly parties: Parties;
  readonly onStep?: (text: string) => void;
}

async function submit(parties: Parties, seat: { agency: string; network: string }, call: Call): Promise<void> {
  const submitted = await parties.ledger(seat.agency, seat.network).submit(call);
  // A repeat of a step that another run has done in the meantime is as good as done.
  if (!submitted.ok && submitted.refusal.code !== 'DUPLICATE') {
    throw new Refused(`${seat.agency} at ${seat.network}: ${call.contract} ${call.method}`, submitted.refusal);
  }
}

/**
 * Enrols the profile's approver key: proposed by the agency itself, approved by the founders' gateways.
 *
 * @throws Fault APPROVAL_LATE when no founder approves within a minute: with manual policy a person must.
 */
export async function ensureApprover(parties: Parties, agency: string, network: string): Promise<Approver> {
  const { approver } = parties.profile(agency);
  const ledger = parties.ledger(agency, network);
  const key = `network.members/keys/${approver.keyId}`;
  if ((await ledger.read(key)).found) return approver;
  const id = createHash('sha256').update(`approver\n${network}\n${approver.keyId}`).digest().subarray(0, 16).toString('base64url');
  const change = {
    kind: 'addKeys',
    organisation: agency,
    keys: [{ publicKey: approver.publicKey, use: 'approver', label: 'cli-approver' }],
  };
  await submit(parties, { agency, network }, { contract: 'network.members@v1', method: 'propose', role: 'member', args: { id, change } });
  const endMs = Date.now() + ENROL_WAIT_MS;
  while (!(await ledger.read(key)).found) {
    if (Date.now() > endMs) {
      throw new Fault(
        'APPROVAL_LATE',
        `${network}: no founder approved proposal ${id} (approver key of ${agency}) in ${ENROL_WAIT_MS} ms`,
        { exitCode: EXIT.timedOut },
      );
    }
    await sleep(POLL_MS, undefined, { signal: parties.signal });
  }
  return approver;
}

async function ensureRules(options: PrepareOptions, rules: (typeof SAMPLE_RULES)[number]): Promise<void> {
  const { parties } = options;
  const { network, rulemaker: agency, values } = rules;
  const ledger = parties.ledger(agency, network);
  if ((await ledger.read(`city.rulebook/rules/${network}`)).found) return;
  const approver = await ensureApprover(parties, agency, network);
  const version = { ruleSet: network, version: 1 };
  const seat = { agency, network };
  const call = (method: string, args: JsonObject): Call => ({
    contract: 'city.rulebook@v1',
    method,
    role: 'rulemaker',
    actor: 'rules-desk',
    args,
  });
  await submit(parties, seat, call('propose', { ...version, values }));
  await submit(parties, seat, { ...call('approve', version), actor: 'rules-second', approver });
  await submit(parties, seat, call('activate', { ...version, activeFromUnixMs: 0 }));
  options.onStep?.(`${network}: rules version 1 in force (${agency})`);
}

async function ensureViewPolicy(options: PrepareOptions): Promise<void> {
  const { parties } = options;
  const seat = { agency: 'health-commission', network: 'health' };
  const callerNetwork = parties.ledger('fund-centre', 'housing').chainId;
  const policy = {
    callerNetwork,
    callerOrganisation: 'fund-centre',
    callerContract: 'housing.withdrawal',
    predicate: 'illness-in-catalogue',
    purpose: 'verify-eligibility',
  };
  const key = `health.access/policies/${Object.values(policy).join('.')}`;
  if ((await parties.ledger(seat.agency, seat.network).read(key)).found) return;
  const limits = { ratePerDay: 100_000, answerAgeMsMax: 365 * DAY_MS, disclosure: 'immediate', delayMs: 0, enabled: true };
  await submit(parties, seat, {
    contract: 'health.access@v1',
    method: 'setPolicy',
    role: 'reviewer',
    args: { ...policy, consent: 'required', ...limits },
  });
  options.onStep?.('health: fund-centre may ask illness-in-catalogue with consent (health-commission)');
}

/**
 * The registrar confirms a registered network: it compares the genesis hash that the registry names with the one that its own
 * profile, or another organisation's of this machine, was given. What is not registered yet, or differs, stays as it is.
 */
async function ensureConfirmed(options: PrepareOptions, network: string): Promise<void> {
  const { parties } = options;
  const seat = { agency: REGISTRAR, network: 'city' };
  const { chainId, access } = parties.anyLedger(network);
  const record = (await parties.ledger(seat.agency, seat.network).read(`city.registry/networks/${chainId}`)).value;
  const genesisHash = base64urlEncode(access.genesisHash);
  if (record?.['status'] !== 'registered' || record['genesisHash'] !== genesisHash) return;
  const approver = await ensureApprover(parties, seat.agency, seat.network);
  const call = { contract: 'city.registry@v1', method: 'confirm', role: 'registrar', actor: 'registry-desk' };
  await submit(parties, seat, { ...call, args: { chainId, genesisHash }, approver });
  options.onStep?.(`city: ${chainId} confirmed with its genesis ${genesisHash.slice(0, 12)} (${REGISTRAR})`);
}

/**
 * Gives the sample city its first rules: a rule set a ledger and the view policy of X1, each made by the organisation whose
 * business it is, and the registrar's word on each network's genesis. Running it again changes nothing.
 */
export async function prepareCity(options: PrepareOptions): Promise<void> {
  await Promise.all(SAMPLE_RULES.map((rules) => ensureRules(options, rules)));
  await Promise.all(SAMPLE_RULES.map(({ network }) => ensureConfirmed(options, network)));
  await ensureViewPolicy(options);
}
