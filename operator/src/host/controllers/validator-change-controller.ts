import { nodeCrypto } from '@civitas/canon/node';
import { addFinalizer, type Controller, createController, hasFinalizer, type ReconcileResult } from '@civitas/kube';
import { networkNameOf } from '../../core/desired/names.ts';
import { CHANGE_FINALIZER, planDeletedChange } from '../../core/plan/deleted-change.ts';
import { keyHashOf } from '../../core/plan/genesis-record.ts';
import { planNetwork } from '../../core/plan/network-plan.ts';
import type { ChangeAction, ObservedChange } from '../../core/plan/observed-change.ts';
import type { ObservedProposal } from '../../core/plan/observed-network.ts';
import { type ChangePlan, FINAL_PHASES, planValidatorChange } from '../../core/plan/validator-change-plan.ts';
import { changeFacts, changePhase, changeVerdicts } from '../../core/plan/validator-change-status.ts';
import type { LedgerNetwork } from '../../core/resources/ledger-network.ts';
import type { ValidatorChange } from '../../core/resources/validator-change.ts';
import { createStatusWriter } from '../apply/status-writer.ts';
import { findFreeProposalId, findProposal, proposalText, proposeAs, withdrawProposal } from '../ledger/proposals.ts';
import { ledgerNodes, validatorChanges } from '../observe/custom-resources.ts';
import { observeNetwork } from '../observe/observe-network.ts';
import { release, retryConflict } from './conflict.ts';
import { AFTER_ACTION_MS, PROPOSAL_POLL_MS, WHILE_SERVING_MS } from './limits.ts';
import { findCity, type OperatorContext } from './operator-context.ts';
import { platformLedger } from './platform-ledger.ts';

type Ledger = NonNullable<Awaited<ReturnType<typeof platformLedger>>>;

/** Has the members of a ledger decide who validates it, one step at a time, each only when the set can take it. */
export function createValidatorChangeController(context: OperatorContext): Controller {
  const writer = createStatusWriter(context.applierOf('validatorchange'), context.clock);

  const write = async (change: ValidatorChange, plan: ChangePlan, approvals?: { given: number; needed: number }): Promise<void> => {
    const verdicts = changeVerdicts(plan);
    const phase = changePhase(verdicts);
    reportTurn(context, change, plan, phase);
    await writer.write({ resource: validatorChanges, object: change, verdicts, phase, facts: changeFacts(plan, approvals) });
  };

  const reconcile = async (change: ValidatorChange, signal: AbortSignal): Promise<ReconcileResult> => {
    const isDeleted = change.metadata.deletionTimestamp !== undefined;
    const isKept = hasFinalizer(change, CHANGE_FINALIZER);
    if (isDeleted ? !isKept : FINAL_PHASES.includes(change.status?.phase ?? '')) return undefined;
    if (!isKept) {
      await addFinalizer(context.client, validatorChanges, change, CHANGE_FINALIZER);
      return { requeueAfterMs: AFTER_ACTION_MS };
    }
    const network = context.caches.networks.store.get(`${change.metadata.namespace}/${change.spec.networkRef}`);
    const looked = network === undefined ? undefined : await look(context, network, signal);
    const ledger = network === undefined ? undefined : await platformLedger(context, network);
    const input = await observeChange(context, { change, network: looked, ledger });
    const plan = isDeleted ? planDeletedChange(input) : planValidatorChange(input);
    if (plan === undefined) {
      await release(context.client, validatorChanges, change, CHANGE_FINALIZER);
      return undefined;
    }
    const approvals = { given: input.proposal?.approvals ?? 0, needed: input.approvalThreshold };
    const done = plan.action === undefined || ledger === undefined ? plan : await perform(context, { change, plan, ledger }, plan.action);
    await write(change, done, approvals);
    if (done !== plan) context.wake('network');
    return { requeueAfterMs: nextLookMs(plan) };
  };

  return createController({
    name: 'validatorchange',
    clock: context.clock,
    metrics: context.metrics,
    log: context.log,
    async reconcile(key, { signal }) {
      const change = context.caches.validatorChanges.store.get(key);
      return change === undefined ? undefined : retryConflict(() => reconcile(change, signal));
    },
  });
}

function nextLookMs({ action, reason }: ChangePlan): number {
  if (action !== undefined) return AFTER_ACTION_MS;
  return reason === 'Decided' || reason === 'AwaitingMembers' ? PROPOSAL_POLL_MS : WHILE_SERVING_MS;
}

async function observeChange(
  context: OperatorContext,
  target: {
    readonly change: ValidatorChange;
    readonly network: ObservedChange['network'];
    readonly ledger: Ledger | undefined;
  },
): Promise<ObservedChange> {
  const { change, network, ledger } = target;
  const nowUnixMs = context.clock.nowUnixMs();
  return {
    change,
    nowUnixMs,
    expiresAtUnixMs: change.spec.expiresAt === undefined ? undefined : Date.parse(change.spec.expiresAt),
    network,
    olderChange: olderChange(context, change),
    hasLedger: ledger !== undefined,
    proposal: ledger === undefined ? undefined : await proposalInHand(ledger, change, nowUnixMs),
    approvalThreshold: ledger?.genesis.appState.approvalThreshold ?? 0,
    isKeyReserved: (publicKey, node) => {
      const holder = network?.observed.reservations[keyHashOf(publicKey, nodeCrypto.sha256)]?.holder;
      return holder === `${change.metadata.namespace}/${node}`;
    },
  };
}

/** The nodes themselves are asked: what the status says of them is older. */
async function look(context: OperatorContext, network: LedgerNetwork, signal: AbortSignal): Promise<ObservedChange['network']> {
  const config = findCity(context.caches);
  const workspace = await context.workspaces.enter(networkNameOf(network.metadata).namespace, signal);
  if (config === undefined || workspace === undefined) return undefined;
  const observed = await observeNetwork(context, { network, config, workspace, relayKey: undefined });
  return { observed, effective: planNetwork(observed, nodeCrypto.sha256).effective };
}

/** The proposal of the first step that is not done; undefined while it has none. */
async function proposalInHand(ledger: Ledger, { status }: ValidatorChange, nowUnixMs: number): Promise<ObservedProposal | undefined> {
  const id = status?.steps?.find(({ state }) => state !== 'Done')?.proposal;
  return id === undefined ? undefined : findProposal(ledger, id, nowUnixMs);
}

function olderChange({ caches }: OperatorContext, { metadata, spec }: ValidatorChange): string | undefined {
  const rankOf = ({ metadata: { creationTimestamp, name } }: ValidatorChange): string => `${creationTimestamp} ${name}`;
  const own = `${metadata.creationTimestamp} ${metadata.name}`;
  const [first] = caches.validatorChanges.store
    .list(metadata.namespace)
    .filter((other) => other.spec.networkRef === spec.networkRef && !FINAL_PHASES.includes(other.status?.phase ?? ''))
    .filter((other) => other.metadata.deletionTimestamp === undefined || hasFinalizer(other, CHANGE_FINALIZER))
    .filter((other) => rankOf(other) < own)
    .sort((left, right) => (rankOf(left) < rankOf(right) ? -1 : 1));
  return first?.metadata.name;
}

/**
 * Does what is to be done. The id of a proposal is in the status before the proposal is on the ledger: whatever crashes between, the
 * same one is found again.
 */
async function perform(
  context: OperatorContext,
  { change, plan, ledger }: { readonly change: ValidatorChange; readonly plan: ChangePlan; readonly ledger: Ledger },
  action: ChangeAction,
): Promise<ChangePlan> {
  if (!context.isLeader()) return plan;
  if (action.type === 'orderRekey') {
    const { node, word } = action;
    await context.client.mergePatch(ledgerNodes, { namespace: change.metadata.namespace ?? '', name: node }, { spec: { rekey: word } });
    context.events.record(change, { type: 'Normal', reason: 'RekeyOrdered', message: `${node} is to make itself another consensus key` });
    return { ...plan };
  }
  if (action.type === 'recordProposal') {
    const proposal = await findFreeProposalId(ledger, action.change, context.clock.nowUnixMs());
    if (proposal === undefined)
      return { ...plan, reason: 'ProposalRefused', message: 'this was proposed too often: the ledger keeps every proposal' };
    const { publicKey } = action;
    const steps = plan.steps.map((step) =>
      step.number === action.step ? { ...step, publicKey, proposal, state: 'Proposed' as const } : step,
    );
    return { ...plan, steps };
  }
  if (action.type === 'withdraw') {
    const refused = await withdrawProposal(ledger, action.id, context.clock.nowUnixMs());
    if (refused !== undefined)
      context.log.warn({ change: change.metadata.name, code: refused }, 'the ledger does not take the proposal back');
    return plan;
  }
  const outcome = await proposeAs(ledger, action.id, action.change, context.clock.nowUnixMs());
  if (outcome.state === 'refused') {
    const message = proposalText('the change', outcome);
    context.log.warn({ change: change.metadata.name, code: outcome.code }, message);
    return { ...plan, reason: 'ProposalRefused', message };
  }
  context.events.record(change, { type: 'Normal', reason: 'Proposed', message: `${action.id}: ${plan.message}` });
  return plan;
}

/** One Event for every turn that a person may want to know of. */
function reportTurn({ events }: OperatorContext, change: ValidatorChange, { reason, message }: ChangePlan, phase: string): void {
  const before = change.status?.conditions?.find(({ type }) => type === 'Complete')?.reason;
  if (before === reason || !(FINAL_PHASES.includes(phase) || reason === 'QuorumWouldBreak' || reason === 'AwaitingPerson')) return;
  events.record(change, { type: phase === 'Completed' || phase === 'AwaitingApproval' ? 'Normal' : 'Warning', reason, message });
}
