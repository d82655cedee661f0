import type { LedgerOperation, LedgerOperationStatus, OperationStep } from '../resources/ledger-operation.ts';
import type { Deferral } from './deferral.ts';
import type { EffectiveNetwork } from './effective-network.ts';
import type { ObservedNetwork } from './observed-network.ts';
import { type OperationProblem, obstacleOf, refusalOf, targetsOf } from './operation-check.ts';
import { AT_ONCE, isOverruled, isRunning, operationsOf } from './operation-orders.ts';
import { quorum } from './quorum.ts';
import { votersOf } from './replacement-plan.ts';
import { inRollOrder } from './roll-order.ts';
import { isStepDone } from './step-done.ts';
import { rfc3339 } from './time-text.ts';
import { type Verdict, verdict } from './verdict.ts';

/** What an operation's status is to say now. */
export interface OperationUpdate {
  readonly operation: LedgerOperation;
  readonly verdicts: readonly Verdict[];
  readonly phase: string;
  readonly facts: Omit<LedgerOperationStatus, 'conditions' | 'phase' | 'observedGeneration'>;
  /** What happened in this pass: one Event. */
  readonly turn: { readonly reason: string; readonly message: string } | undefined;
}

export interface NetworkNow {
  readonly network: EffectiveNetwork;
  /** What the pods of the network wait for. */
  readonly pending: Deferral | undefined;
  readonly isDegraded: boolean;
}

type Facts = OperationUpdate['facts'];

/** The next status of every operation of the network that has not ended. Nothing is done before it is written. */
export function planOperations(observed: ObservedNetwork, now: NetworkNow): readonly OperationUpdate[] {
  const operations = operationsOf(observed).filter(({ status }) => status?.finishedAt === undefined);
  const running = operations.filter((operation) => isRunning(operation) && !AT_ONCE.includes(operation.spec.type));
  return operations.map((operation) => {
    if (isRunning(operation)) return continued(observed, now, operation);
    const isAtOnce = AT_ONCE.includes(operation.spec.type);
    const update = begun(observed, now, { operation, others: isAtOnce ? [] : running });
    // The next one in this pass sees that this one has begun.
    if (update.facts.startedAt !== undefined && !isAtOnce) running.push(operation);
    return update;
  });
}

function begun(
  observed: ObservedNetwork,
  { network, isDegraded }: NetworkNow,
  { operation, others }: { readonly operation: LedgerOperation; readonly others: readonly LedgerOperation[] },
): OperationUpdate {
  const { spec } = operation;
  const nowText = rfc3339(observed.nowUnixMs);
  if (spec.abort === true) return ended(operation, { outcome: 'Aborted', message: 'aborted before it began', nowText, facts: {} });
  const isHeld = network.paused || network.hibernated || isDegraded;
  const refusal = isHeld ? undefined : refusalOf(observed, network, operation);
  if (refusal !== undefined) return ended(operation, { outcome: 'Refused', ...refusal, nowText, facts: {} });
  const plan = stepsOf(observed, network, operation);
  const facts: Facts = { plan, progress: progressOf(plan) };
  if (spec.approval === 'Manual' && spec.approved !== true) {
    const message = `${plan.length} steps are planned; set spec.approved to begin`;
    return waiting(operation, { reason: 'AwaitingApproval', message }, facts);
  }
  const obstacle = obstacleOf(observed, network, { others, isDegraded });
  if (obstacle !== undefined) return waiting(operation, obstacle, facts);
  const message = `${spec.type} has begun: ${plan.length} steps`;
  const fromVersion = spec.type === 'Upgrade' ? { fromVersion: network.version } : {};
  return {
    operation,
    verdicts: [APPROVED, verdict('Progressing', true, 'Begun', message), NOT_COMPLETE],
    phase: 'Running',
    facts: { ...facts, ...fromVersion, message, startedAt: nowText },
    turn: { reason: 'OperationBegun', message },
  };
}

const APPROVED = verdict('Approved', true, 'MayBegin', 'it may begin');
const NOT_COMPLETE = verdict('Complete', false, 'NotYet', 'it has not ended');

function waiting(
  operation: LedgerOperation,
  { reason, message }: Pick<OperationProblem, 'message'> & { readonly reason: string },
  facts: Facts,
): OperationUpdate {
  const isApproved = reason !== 'AwaitingApproval';
  return {
    operation,
    verdicts: [
      verdict('Approved', isApproved, isApproved ? 'MayBegin' : reason, isApproved ? 'it may begin' : message),
      verdict('Progressing', false, reason, message),
      NOT_COMPLETE,
    ],
    phase: isApproved ? 'Waiting' : 'AwaitingApproval',
    facts: { ...facts, message },
    turn: operation.status?.message === message ? undefined : { reason, message },
  };
}

function ended(
  operation: LedgerOperation,
  end: {
    readonly outcome: 'Done' | 'Aborted' | 'Refused' | 'Superseded';
    readonly message: string;
    readonly reason?: string;
    readonly nowText: string;
    readonly facts: Facts;
  },
): OperationUpdate {
  const { outcome, message, nowText, facts } = end;
  const reason = end.reason ?? outcome;
  return {
    operation,
    verdicts: [verdict('Progressing', false, reason, message), verdict('Complete', outcome === 'Done', reason, message)],
    phase: outcome,
    facts: { ...facts, message, finishedAt: nowText },
    turn: { reason: `Operation${outcome}`, message: `${operation.spec.type}: ${message}` },
  };
}

function continued(observed: ObservedNetwork, { network, pending }: NetworkNow, operation: LedgerOperation): OperationUpdate {
  const { spec, status } = operation;
  const nowText = rfc3339(observed.nowUnixMs);
  const plan = (status?.plan ?? []).map((step): OperationStep => {
    // A step that was seen done stays so: what becomes of the node later is no part of it.
    return step.state === 'Done' || isStepDone(observed, network, { operation, step }) ? { ...step, state: 'Done' } : step;
  });
  const facts: Facts = { ...carried(status), plan, progress: progressOf(plan) };
  const left = plan.filter(({ state }) => state !== 'Done').map(({ node }) => node);
  if (spec.abort === true) {
    const isGoingBack = spec.type === 'Upgrade' && network.version === spec.version && status?.fromVersion !== spec.version;
    if (isGoingBack) return underWay(operation, { facts, deferral: undefined, message: `the version goes back to ${status?.fromVersion}` });
    const message = left.length === 0 ? 'aborted' : `aborted before ${left.join(', ')}`;
    return ended(operation, { outcome: 'Aborted', message: clipped(message), nowText, facts });
  }
  if (spec.type === 'Upgrade' && network.version !== spec.version && network.version !== status?.fromVersion) {
    const message = `the network asks for version ${network.version} by now`;
    return ended(operation, { outcome: 'Superseded', message, nowText, facts });
  }
  if (left.length > 0 && left.every((node) => isOverruled(observed, operation, node)))
    return ended(operation, { outcome: 'Superseded', message: 'a later operation says otherwise of its nodes', nowText, facts });
  if (left.length === 0) return ended(operation, { outcome: 'Done', message: `${plan.length} steps are done`, nowText, facts });
  const message = clipped(pending === undefined ? `under way; next: ${left[0] ?? ''}` : `${pending.reason}: ${pending.message}`);
  return underWay(operation, { facts, deferral: pending, message });
}

function underWay(
  operation: LedgerOperation,
  { facts, deferral, message }: { readonly facts: Facts; readonly deferral: Deferral | undefined; readonly message: string },
): OperationUpdate {
  return {
    operation,
    verdicts: [APPROVED, verdict('Progressing', deferral === undefined, deferral?.reason ?? 'UnderWay', message), NOT_COMPLETE],
    phase: 'Running',
    facts: { ...facts, message },
    turn: undefined,
  };
}

function carried(status: LedgerOperationStatus | undefined): Facts {
  const { startedAt, fromVersion } = status ?? {};
  return { ...(startedAt === undefined ? {} : { startedAt }), ...(fromVersion === undefined ? {} : { fromVersion }) };
}

/** Longest message that a list of nodes may make of a status. */
const MESSAGE_CHARS = 256;

function clipped(message: string): string {
  return message.length <= MESSAGE_CHARS ? message : `${message.slice(0, MESSAGE_CHARS - 1)}…`;
}

function progressOf(plan: readonly OperationStep[]): string {
  return `${plan.filter(({ state }) => state === 'Done').length}/${plan.length}`;
}

/** The steps in the order they will be taken, each with the faults that the chain survives during it. */
function stepsOf(observed: ObservedNetwork, network: EffectiveNetwork, operation: LedgerOperation): OperationStep[] {
  const targets = new Set(targetsOf(operation, network));
  const entries = network.nodes.filter(({ name }) => targets.has(name)).map((node) => ({ node }));
  const voters = votersOf(observed, network);
  const serving = voters.filter(({ state }) => state === 'serving').map(({ name }) => name);
  const takesAway = ['Restart', 'Upgrade', 'Fence'].includes(operation.spec.type);
  return inRollOrder(observed, network, entries).map(({ node: { name } }, index): OperationStep => {
    const away = takesAway && serving.includes(name) ? 1 : 0;
    const from = operation.spec.type === 'Restart' ? observed.nodes[name]?.pod?.uid : undefined;
    return {
      node: name,
      ordinal: index + 1,
      ...(from === undefined ? {} : { from }),
      spareFaults: serving.length - away - quorum(voters.length),
      state: 'Waiting',
    };
  });
}
