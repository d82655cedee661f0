import type { JsonObject } from '@civitas/canon';
import type { Domain } from '../desired/domain-contracts.ts';
import type { AccessPolicy, AccessPolicySpec } from '../resources/access-policy.ts';
import { bornWith, GATE, lintPolicy, type PolicyFindings, type PolicySurroundings } from './access-policy-lint.ts';
import { type Verdict, verdict } from './verdict.ts';

/** Finalizer of an AccessPolicy: what it opened is closed before it goes. */
export const POLICY_FINALIZER = 'civitas.dev/close-policy';

/** First protocol version in which founders decide calls of contracts and take up packs. */
export const DECIDING_PROTOCOL = 3;

const HOUR_MS = 3_600_000;

export interface ObservedPolicy {
  readonly policy: AccessPolicy;
  /** Ends of the link; undefined when there is no such link. */
  readonly link: { readonly from: string; readonly to: string } | undefined;
  /** Networks at its ends, by name; one that does not exist is left out. */
  readonly networks: Readonly<Record<string, { readonly domain: Domain; readonly chainId: string }>>;
  readonly callerMembers: PolicySurroundings['callerMembers'];
  readonly entry: PolicySurroundings['entry'];
  /** An older AccessPolicy of the same question: that one decides. */
  readonly olderTwin: string | undefined;
  /** Of the source's ledger; 'silent' while it cannot be asked. */
  readonly ledger: 'silent' | { readonly protocolVersion: number; readonly runsGate: boolean; readonly record: JsonObject | undefined };
}

export interface PolicyPlan {
  readonly reason: string;
  readonly message: string;
  readonly phase: string;
  /** To be proposed to the founders now. */
  readonly change: JsonObject | undefined;
  readonly findings: PolicyFindings | undefined;
  readonly policyId: string | undefined;
  readonly effect: string | undefined;
  /** Nothing keeps a deleted object any more. */
  readonly isReleased: boolean;
}

/** Record of a policy in the gate's own state. */
export function policyIdOf({ caller, predicate, purpose }: AccessPolicySpec, callerChainId: string): string {
  return `${callerChainId}.${caller.organisation}.${caller.contract}.${predicate}.${purpose}`;
}

/** The policy as the gate's setPolicy takes it. */
export function policyArgs(spec: AccessPolicySpec, callerChainId: string, isEnabled: boolean): JsonObject {
  return {
    callerNetwork: callerChainId,
    callerOrganisation: spec.caller.organisation,
    callerContract: spec.caller.contract,
    predicate: spec.predicate,
    purpose: spec.purpose,
    consent: spec.consent,
    ratePerDay: spec.ratePerDay,
    answerAgeMsMax: spec.answerAgeHours * HOUR_MS,
    disclosure: spec.disclosure,
    delayMs: (spec.delayHours ?? 0) * HOUR_MS,
    enabled: isEnabled,
  };
}

/** The network that asks: the link's other end. */
export function callerNetworkOf(spec: AccessPolicySpec, link: { readonly from: string; readonly to: string }): string | undefined {
  if (link.from === spec.source) return link.to;
  return link.to === spec.source ? link.from : undefined;
}

/** What is to be done for a policy now. */
export function planAccessPolicy(observed: ObservedPolicy): PolicyPlan {
  const { policy, link, networks } = observed;
  const { spec } = policy;
  const isEnding = policy.metadata.deletionTimestamp !== undefined;
  const pending = (reason: string, message: string, isReleased = false): PolicyPlan => ({
    ...{ reason, message, phase: 'Pending', change: undefined, findings: undefined, policyId: undefined, effect: undefined },
    isReleased: isEnding && (isReleased || spec.onDelete === 'Retain'),
  });
  if (observed.olderTwin !== undefined) {
    const message = `AccessPolicy ${observed.olderTwin} is older and sets the same policy: this one is not read`;
    return pending('PolicyOverruled', message, true);
  }
  if (link === undefined) return pending('LinkMissing', `there is no LedgerLink ${spec.linkRef} here`, true);
  const callerName = callerNetworkOf(spec, link);
  if (callerName === undefined) return pending('NotAnEnd', `${spec.source} is no end of LedgerLink ${spec.linkRef}`, true);
  const [source, caller] = [networks[spec.source], networks[callerName]];
  if (source === undefined || caller === undefined) {
    const missing = source === undefined ? spec.source : callerName;
    return pending('NetworkMissing', `there is no LedgerNetwork ${missing} here`, source === undefined);
  }
  const { callerMembers, entry, ledger } = observed;
  const runsGate = ledger === 'silent' ? bornWith(source.domain, GATE) : ledger.runsGate;
  const surroundings = { source: { name: spec.source, runsGate }, caller: { name: callerName, ...caller }, callerMembers, entry };
  return planOnLedger(observed, { findings: lintPolicy(spec, surroundings), callerChainId: caller.chainId, isEnding });
}

interface Known {
  readonly findings: PolicyFindings;
  readonly callerChainId: string;
  readonly isEnding: boolean;
}

function planOnLedger({ policy, ledger }: ObservedPolicy, { findings, callerChainId, isEnding }: Known): PolicyPlan {
  const { spec } = policy;
  const policyId = policyIdOf(spec, callerChainId);
  const at = (reason: string, message: string, more: Partial<PolicyPlan> = {}): PolicyPlan => ({
    ...{ reason, message, phase: 'Pending', change: undefined, findings, policyId, effect: undefined, isReleased: false },
    ...more,
  });
  if (isEnding && spec.onDelete === 'Retain')
    return at('PolicyRetained', 'the object goes, the policy stays on the ledger', { isReleased: true });
  if (ledger === 'silent') return at('NetworkSilent', `the ledger of ${spec.source} cannot be asked now`);
  const { record, protocolVersion } = ledger;
  const isOpen = record?.['enabled'] === true;
  if (isEnding && !isOpen) return at('PolicyClosed', 'the ledger answers nothing by it', { isReleased: true });
  if (!isEnding && findings.faults.length > 0) return at('PolicyUnsound', findings.faults.join('; '), { phase: 'Unsound' });
  const wanted = policyArgs(spec, callerChainId, !isEnding && (spec.enabled ?? true));
  const effect = effectOf(record, wanted);
  if (effect === '') {
    const version = record?.['policyVersion'];
    return at('PolicyInForce', `version ${String(version)} is in force`, { phase: 'Applied', effect: 'stands as the spec says' });
  }
  if (protocolVersion < DECIDING_PROTOCOL) {
    const message = `${effect}; founders decide it from protocol version ${DECIDING_PROTOCOL} on, ${spec.source} executes ${protocolVersion}`;
    return at('ProtocolTooOld', message, { effect });
  }
  const change = { kind: 'callContract', contract: `${GATE}@v1`, method: 'setPolicy', args: wanted };
  const reason = isEnding ? 'PolicyClosing' : 'PolicyProposed';
  return at(reason, effect, { phase: isEnding ? 'Closing' : 'Proposed', effect, change });
}

/** What the wanted policy changes against the one in force, for whoever decides; '' when nothing. */
export function effectOf(record: JsonObject | undefined, wanted: JsonObject): string {
  if (record === undefined) return wanted['enabled'] === true ? 'opens what is denied today' : 'sets a policy that answers nothing';
  const changes = Object.entries(wanted)
    .filter(([field, value]) => record[field] !== value)
    .map(([field, value]) => `${field} ${String(record[field])} → ${String(value)}`);
  if (changes.length === 0) return '';
  const turn = record['enabled'] === wanted['enabled'] ? 'changes' : wanted['enabled'] === true ? 'opens again' : 'closes';
  return `${turn}: ${changes.join(', ')}`;
}

/** Whether it reads well, and whether it is in force. */
export function policyVerdicts({ reason, message, findings }: PolicyPlan): readonly Verdict[] {
  const applied = verdict('Applied', reason === 'PolicyInForce', reason, message);
  if (findings === undefined) return [applied];
  const { faults, notes } = findings;
  if (faults.length > 0) return [verdict('Linted', false, 'PolicyUnsound', faults.join('; ')), applied];
  if (notes.length > 0) return [verdict('Linted', true, 'PolicyNoted', notes.join('; ')), applied];
  return [verdict('Linted', true, 'PolicySound', 'nothing stands out'), applied];
}
