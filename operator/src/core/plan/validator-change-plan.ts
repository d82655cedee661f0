import type { JsonObject } from '@civitas/canon';
import type { ValidatorChangeStep } from '../resources/validator-change.ts';
import { notCaughtUp } from './growth-plan.ts';
import type { ChangeAction, ObservedChange } from './observed-change.ts';
import type { ObservedStanding } from './observed-network.ts';
import { protocolOf } from './protocol-plan.ts';
import { quorum } from './quorum.ts';
import { votersOf } from './replacement-plan.ts';
import { rekeyPreparation, rekeyProgress, silentUnderNewKey } from './validator-rekey.ts';
import { stepsOf, VERBS } from './validator-steps.ts';

/** Why a change stands where it does. Each belongs to one phase (`PHASES`). */
export type ChangeReason = keyof typeof PHASES;

/** The phase that follows from the reason of the condition Complete. */
export const PHASES = {
  NetworkMissing: 'Pending',
  NetworkNotBorn: 'Pending',
  NetworkSilent: 'Pending',
  NetworkPaused: 'Pending',
  NodeUnknown: 'Pending',
  AnotherInFlight: 'Pending',
  NewcomerNotReady: 'Preflight',
  ProtocolTooOld: 'Preflight',
  PreparingKey: 'Preflight',
  ChangeInFlight: 'Preflight',
  AnotherIsMoving: 'Preflight',
  QuorumWouldBreak: 'Preflight',
  Proposing: 'Preflight',
  ProposalRefused: 'Preflight',
  AwaitingPerson: 'AwaitingApproval',
  AwaitingMembers: 'AwaitingApproval',
  Withdrawing: 'AwaitingApproval',
  Decided: 'Submitted',
  Completed: 'Completed',
  EmbeddedEngine: 'Rejected',
  SignerHoldsKey: 'Rejected',
  AlreadyValidator: 'Rejected',
  NoValidator: 'Rejected',
  FewerThanFour: 'Rejected',
  LastValidator: 'Rejected',
  PowerStep: 'Rejected',
  NetworkRemoved: 'Failed',
  MembersRefused: 'Failed',
  Expired: 'Expired',
} as const;

/** Protocol version from which on whoever proposed may take it back. */
export const WITHDRAWAL_PROTOCOL = 2;

/** Phases that nothing follows. */
export const FINAL_PHASES: readonly string[] = ['Completed', 'Rejected', 'Failed', 'Expired'];

export interface ChangePlan {
  readonly reason: ChangeReason;
  readonly message: string;
  readonly steps: readonly ValidatorChangeStep[];
  readonly action: ChangeAction | undefined;
}

/** Where a change of the validator set stands and what is to be done for it now. Pure: equal observations give equal plans. */
export function planValidatorChange(input: ObservedChange): ChangePlan {
  const { change, network } = input;
  const known = change.status?.steps ?? [];
  const at = (reason: ChangeReason, message: string, steps = known): ChangePlan => ({ reason, message, steps, action: undefined });
  if (network === undefined) {
    if (known.some(({ state }) => state !== 'Waiting'))
      return at('NetworkRemoved', `there is no LedgerNetwork ${change.spec.networkRef} any more`);
    return expiry(input) ?? at('NetworkMissing', `there is no LedgerNetwork ${change.spec.networkRef} yet`);
  }
  const { observed, effective } = network;
  if (observed.network.metadata.deletionTimestamp !== undefined) return at('NetworkRemoved', `${effective.name} is being removed`);
  const notNow = networkProblem(network);
  if (notNow?.[0] === 'EmbeddedEngine') return at(...notNow);
  // What stands proposed is taken back first, once the ledger can be asked.
  const isProposed = known.some(({ state }) => state === 'Proposed');
  if (notNow !== undefined) return (isProposed ? undefined : expiry(input)) ?? at(...notNow);
  const begun = known.length > 0;
  // What the older one leaves is what this one is measured against.
  if (!begun && input.olderChange !== undefined) return expiry(input) ?? at('AnotherInFlight', olderText(input.olderChange));
  const plan = begun ? undefined : stepsOf(change.spec, observed.standings);
  if (plan?.ok === false) return at(plan.refused.reason, plan.refused.message);
  const held = plan?.steps.find(
    ({ action, node }) => action === 'Rekey' && observed.nodes[node]?.ledgerNode?.spec.signerPublicKey !== undefined,
  );
  if (held !== undefined)
    return at('SignerHoldsKey', `a remote signer holds the key of ${held.node}: replace the validator by one with another key`);
  const steps = (plan?.steps ?? known).map((step) =>
    step.action === 'Rekey' ? rekeyProgress(step, observed) : progressOf(step, observed.standings),
  );
  const unknown = begun
    ? undefined
    : steps.find((step) => step.publicKey === undefined && observed.nodes[step.node]?.ledgerNode === undefined);
  if (unknown !== undefined) {
    const message = `${effective.name} has no node ${unknown.node}: add it to a pool first, or name publicKey and organisation of an external one`;
    return expiry(input) ?? at('NodeUnknown', message);
  }
  const current = steps.find(({ state }) => state !== 'Done');
  if (current === undefined) return at('Completed', completedText(steps), steps);
  const made = planStep(input, network, { steps, current });
  return { ...made, steps: made.reason === 'Expired' && input.proposal?.status !== 'open' ? withdrawn(steps) : steps };
}

/** Nobody can decide them any more: the network no longer has to do without whom they are about. */
function withdrawn(steps: readonly ValidatorChangeStep[]): readonly ValidatorChangeStep[] {
  return steps.map((step) => (step.state === 'Proposed' ? { ...step, state: 'Waiting' } : step));
}

/** A step as the ledger itself has it: what it says of a key outweighs what was recorded. */
function progressOf(step: ValidatorChangeStep, standings: readonly ObservedStanding[]): ValidatorChangeStep {
  if (step.state === 'Done') return step;
  const standing = standingOf(step, standings);
  const done = step.action === 'Join' ? 'active' : 'removed';
  const decided = step.action === 'Join' ? 'joining' : 'leaving';
  if (standing?.standing === decided) return { ...step, state: 'Decided' };
  // Whoever brought it about: a pool that grew, or members by themselves.
  if (standing?.standing !== done) return step;
  const height = step.action === 'Join' ? standing.sinceHeight : standing.untilHeight;
  return { ...step, state: 'Done', ...(height === undefined ? {} : { height }) };
}

function standingOf({ publicKey, node }: ValidatorChangeStep, standings: readonly ObservedStanding[]): ObservedStanding | undefined {
  if (publicKey !== undefined) return standings.find((one) => one.publicKey === publicKey);
  return standings.find((one) => one.node === node && one.standing !== 'removed');
}

function networkProblem({ observed, effective }: NonNullable<ObservedChange['network']>): [ChangeReason, string] | undefined {
  if (observed.genesisRecord === undefined) return ['NetworkNotBorn', `${effective.name} has no genesis yet`];
  if (effective.engine === 'embedded')
    return ['EmbeddedEngine', `${effective.name} runs the embedded engine, which has one validator: set engine: cometbft first`];
  if (effective.paused) return ['NetworkPaused', `${effective.name} is paused: nothing is changed there`];
  return observed.standings.length === 0
    ? ['NetworkSilent', `no node of ${effective.name} has said who is in its validator set`]
    : undefined;
}

function planStep(
  input: ObservedChange,
  network: NonNullable<ObservedChange['network']>,
  { steps, current }: { readonly steps: readonly ValidatorChangeStep[]; readonly current: ValidatorChangeStep },
): Omit<ChangePlan, 'steps'> {
  const text = stepText(current, steps.length);
  const at = (reason: ChangeReason, message: string, action?: ChangeAction) => ({ reason, message: `${text}: ${message}`, action });
  const { proposal, hasLedger } = input;
  if (!hasLedger) return at('NetworkSilent', 'no node answers that could be asked about records');
  if (current.state === 'Decided') {
    const silent = silentUnderNewKey(current, network.observed);
    if (silent === undefined) return at('Decided', 'the members have decided; it holds two blocks after that');
    return expiry(input) === undefined
      ? at('Decided', `${silent}; no other change of this network begins before that, or before this one expires or is deleted`)
      : at('Expired', `expiresAt ${input.change.spec.expiresAt} is past, and ${silent}; what the members decided stays`);
  }
  if (current.proposal !== undefined) {
    if (proposal?.status === 'failed')
      return at('MembersRefused', `proposal ${current.proposal} could not be carried out: ${proposal.failure}`);
    if (proposal?.status === 'applied') return at('Decided', 'the members have decided; it holds two blocks after that');
    if (proposal?.status === 'open')
      return openProposal(input, { id: current.proposal, version: protocolOf(network.observed)?.version }, at);
  }
  const expired = expiry(input);
  if (expired !== undefined) return expired;
  const { olderChange, change } = input;
  if (olderChange !== undefined) return at('AnotherInFlight', olderText(olderChange));
  const moving = network.observed.standings.find(({ standing }) => standing === 'joining' || standing === 'leaving');
  if (moving !== undefined) return at('ChangeInFlight', `${moving.node} is ${moving.standing}: a ledger takes one change at a time`);
  const unready = current.action === 'Rekey' ? rekeyPreparation(input, network.observed, current.node) : undefined;
  if (unready !== undefined) return at(unready.reason, unready.message, unready.action);
  const unsafe = safety(network, current);
  if (unsafe !== undefined) return at(...unsafe);
  if (change.spec.approval === 'Manual' && change.spec.approved !== true)
    return at('AwaitingPerson', 'it is safe now, and waits for a person to set spec.approved');
  const { publicKey, json } = proposalOf(current, network, change.spec.allowFewer ?? false);
  // Under the id of one that is over nothing is proposed again, and no member can approve it.
  if (current.proposal === undefined || proposal?.status === 'over')
    return at('Proposing', 'it is being proposed', { type: 'recordProposal', step: current.number, change: json, publicKey });
  return at('Proposing', 'it is being proposed', { type: 'propose', step: current.number, id: current.proposal, change: json });
}

/** Past its time an open proposal is left to the members: a ledger knows no withdrawal, and its approval would still hold. */
function openProposal(
  input: ObservedChange,
  { id, version = 1 }: { readonly id: string; readonly version: number | undefined },
  at: (reason: ChangeReason, message: string, action?: ChangeAction) => Omit<ChangePlan, 'steps'>,
): Omit<ChangePlan, 'steps'> {
  const { proposal, approvalThreshold } = input;
  if (expiry(input) !== undefined && version >= WITHDRAWAL_PROTOCOL)
    return at('Withdrawing', `expiresAt is past: proposal ${id} is being taken back`, { type: 'withdraw', id });
  if (expiry(input) !== undefined)
    return at('Expired', `proposal ${id} stays open on the ledger: should the members approve it later, it holds`);
  return at('AwaitingMembers', `proposal ${id} has ${proposal?.approvals ?? 0} of ${approvalThreshold} approvals of founders`);
}

function expiry({ nowUnixMs, expiresAtUnixMs, change }: ObservedChange): ChangePlan | undefined {
  if (expiresAtUnixMs === undefined || nowUnixMs < expiresAtUnixMs) return undefined;
  const steps = change.status?.steps ?? [];
  const done = steps.filter(({ state }) => state === 'Done').length;
  const message = `expiresAt ${change.spec.expiresAt} is past; ${done} of ${steps.length} steps are done and stay`;
  return { reason: 'Expired', message, steps, action: undefined };
}

/** Whether the set could take the step now, as the nodes answered in this pass. */
function safety(
  { observed, effective }: NonNullable<ObservedChange['network']>,
  step: ValidatorChangeStep,
): [ChangeReason, string] | undefined {
  const voters = votersOf(observed, effective);
  const node = observed.nodes[step.node];
  const isOurs = node?.ledgerNode !== undefined;
  if (step.action === 'Join' && isOurs) {
    const behind =
      notCaughtUp(observed, step.node, node) ??
      (node.ledgerNode?.status?.consensusPublicKey === undefined ? 'its key is not known' : undefined);
    if (behind !== undefined) return ['NewcomerNotReady', behind];
  }
  const others = voters.filter(({ name }) => name !== step.node);
  const moving = others.find(({ isMoving }) => isMoving);
  if (moving !== undefined) return ['AnotherIsMoving', `${moving.name} is being replaced`];
  // An external newcomer cannot be asked: nothing is built on its vote.
  const serving = others.filter(({ state }) => state === 'serving').length + (step.action === 'Join' && isOurs ? 1 : 0);
  // One that changes its key keeps its seat and is silent until it has: nothing is built on its vote.
  const count = others.length + (step.action === 'Leave' ? 0 : 1);
  const needed = quorum(count);
  if (serving >= needed) return undefined;
  return ['QuorumWouldBreak', `${serving} of ${count} validators would vote at the head, ${needed} are needed`];
}

function proposalOf(
  step: ValidatorChangeStep,
  { observed }: NonNullable<ObservedChange['network']>,
  allowFewer: boolean,
): { readonly publicKey: string; readonly json: JsonObject } {
  const { node } = step;
  const ledgerNode = observed.nodes[node]?.ledgerNode;
  if (step.action === 'Join') {
    const publicKey = step.publicKey ?? ledgerNode?.status?.consensusPublicKey ?? '';
    const organisation = step.organisation ?? ledgerNode?.spec.organisation ?? '';
    return { publicKey, json: { kind: 'addValidator', publicKey, node, organisation } };
  }
  const active = observed.standings.find((one) => one.node === node && one.standing === 'active')?.publicKey ?? '';
  if (step.action === 'Rekey') {
    const newPublicKey = step.publicKey ?? ledgerNode?.status?.nextConsensusPublicKey ?? '';
    return { publicKey: newPublicKey, json: { kind: 'rekeyValidator', publicKey: active, newPublicKey } };
  }
  const publicKey = step.publicKey ?? active;
  return { publicKey, json: { kind: 'removeValidator', publicKey, ...(allowFewer ? { allowFewer } : {}) } };
}

function olderText(name: string): string {
  return `ValidatorChange ${name} of this network is older and goes first`;
}

function stepText({ number, action, node }: ValidatorChangeStep, of: number): string {
  return `step ${number} of ${of} (${VERBS[action]} ${node})`;
}

function completedText(steps: readonly ValidatorChangeStep[]): string {
  const last = steps.at(-1);
  const height = last?.height === undefined ? '' : ` from height ${last.height} on`;
  return `${last?.validatorsAfter ?? 0} validators sign blocks${height}; ${last?.neededAfter ?? 0} are needed, ${last?.mayFailAfter ?? 0} may fail`;
}
