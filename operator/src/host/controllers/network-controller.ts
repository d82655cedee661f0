import { nodeCrypto } from '@civitas/canon/node';
import { type Applier, addFinalizer, type Controller, createController, hasFinalizer, type Log, type ReconcileResult } from '@civitas/kube';
import { LABELS, NETWORK_FINALIZER, networkNameOf } from '../../core/desired/names.ts';
import { type HeldObject, heldVerdicts, stillWanted } from '../../core/plan/held-fields.ts';
import { type NetworkPlan, planNetwork } from '../../core/plan/network-plan.ts';
import { networkFacts, networkPhase, networkVerdicts, type Verdict, verdict } from '../../core/plan/network-status.ts';
import type { ObservedNetwork } from '../../core/plan/observed-network.ts';
import { isInDoubt } from '../../core/plan/voter-doubt.ts';
import type { LedgerNetwork } from '../../core/resources/ledger-network.ts';
import { createNodeStatusWriter } from '../apply/node-status.ts';
import { createOperationStatusWriter } from '../apply/operation-status.ts';
import { type Performed, performActions, refusalText } from '../apply/perform-actions.ts';
import { createStatusWriter, type StatusWriter } from '../apply/status-writer.ts';
import { ledgerNetworks } from '../observe/custom-resources.ts';
import { observeNetwork } from '../observe/observe-network.ts';
import type { Workspace } from '../observe/workspace.ts';
import { AuthorityDues } from '../telemetry/authority-dues.ts';
import { forgetNetwork, networkLabels, reportNetworkConditions } from '../telemetry/condition-series.ts';
import { NetworkBirths } from '../telemetry/network-births.ts';
import { release, retryConflict } from './conflict.ts';
import { AFTER_ACTION_MS, HEIGHT_STATUS_MS, SNAPSHOT_POLL_MS, WHILE_SERVING_MS, WHILE_STARTING_MS } from './limits.ts';
import { isEnding, removeNetwork, removeUnseen } from './network-removal.ts';
import { findCity, type OperatorContext } from './operator-context.ts';
import type { RelayKey } from './relay-conversation.ts';
import { restingLookMs } from './resting-look.ts';

/** Brings LedgerNetworks to life: certificates, pods, genesis, signing grants, status. */
export function createNetworkController(context: OperatorContext, relayKey: RelayKey): Controller {
  const reconciler = new NetworkReconciler(context, relayKey);
  return createController({
    name: 'network',
    workers: 4,
    clock: context.clock,
    metrics: context.metrics,
    log: context.log,
    async reconcile(key, { signal, log }) {
      const network = context.caches.networks.store.get(key);
      if (network === undefined) {
        reconciler.forget(key);
        return undefined;
      }
      try {
        return await retryConflict(() => reconciler.reconcile(network, signal, log));
      } finally {
        context.facts.looked.add(key);
      }
    },
  });
}

class NetworkReconciler {
  readonly #context: OperatorContext;
  readonly #relayKey: RelayKey;
  readonly #applier: Applier;
  readonly #statusWriter: StatusWriter;
  readonly #writeOperations: ReturnType<typeof createOperationStatusWriter>;
  readonly #writeNodeStatus: ReturnType<typeof createNodeStatusWriter>;
  readonly #births: NetworkBirths;
  readonly #authorityDues: AuthorityDues;

  constructor(context: OperatorContext, relayKey: RelayKey) {
    this.#context = context;
    this.#relayKey = relayKey;
    this.#applier = context.applierOf('network');
    this.#statusWriter = createStatusWriter(this.#applier, context.clock, context.liveWrites);
    this.#writeOperations = createOperationStatusWriter(context, this.#applier);
    this.#writeNodeStatus = createNodeStatusWriter(context, this.#applier);
    this.#births = new NetworkBirths(context.operatorMetrics.networkReadySeconds);
    this.#authorityDues = new AuthorityDues(context.operatorMetrics.authorityOverdue);
  }

  /** A network that is gone is told of no longer. */
  forget(key: string): void {
    forgetNetwork(this.#context.operatorMetrics, key);
    this.#births.forget(key);
    this.#authorityDues.forget(key, this.#context.clock.nowUnixMs());
  }

  async reconcile(network: LedgerNetwork, signal: AbortSignal, log: Log): Promise<ReconcileResult> {
    const context = this.#context;
    const config = findCity(context.caches);
    if (config === undefined) return this.#notYet(network, 'WaitingForCityConfig', 'there is no CityConfig yet');
    const { namespace } = networkNameOf(network.metadata);
    const isDeleted = network.metadata.deletionTimestamp !== undefined;
    if (isDeleted && context.workspaces.find(namespace) === undefined && (await removeUnseen(context, network)))
      return this.#release(network);
    const workspace = await context.workspaces.enter(namespace, signal);
    if (workspace === undefined)
      return this.#notYet(network, 'NotAWorkspace', `namespace ${namespace} does not carry the label civitas.dev/workspace=true`);
    if (!isDeleted && !hasFinalizer(network, NETWORK_FINALIZER)) {
      await addFinalizer(context.client, ledgerNetworks, network, NETWORK_FINALIZER);
      return { requeueAfterMs: AFTER_ACTION_MS };
    }
    const observed = await observeNetwork(context, { network, config, workspace, relayKey: this.#relayKey.publicKey() });
    const plan = planNetwork(observed, nodeCrypto.sha256);
    return isDeleted ? this.#remove(observed, plan) : this.#perform(observed, plan, { workspace, log });
  }

  async #perform(
    observed: ObservedNetwork,
    plan: NetworkPlan,
    { workspace, log }: { readonly workspace: Workspace; readonly log: Log },
  ): Promise<ReconcileResult> {
    const scope = {
      context: this.#context,
      applier: this.#applier,
      network: observed.network,
      effective: plan.effective,
      observed,
      workspace,
      log,
    };
    const begins = plan.actions.some(({ type }) => type === 'deletePod');
    // Which pod is ended stands on record before it is: whoever takes over from here knows whom to wait for.
    if (begins) await this.#writePlanStatus(observed, plan);
    const performed = await performActions(scope, plan.actions);
    const { acted, failure } = performed;
    if (!acted) this.#letGo(observed);
    if (!begins || failure !== undefined) await this.#writePlanStatus(observed, plan, refusedProgress(observed, plan, performed));
    await this.#writeOperations(plan.operations);
    if (failure !== undefined) throw failure.error;
    return { requeueAfterMs: nextLookMs(observed, plan, { acted, networks: this.#context.caches.networks.store.size }) };
  }

  /** Until the next look, which is not soon. */
  #letGo({ network: { metadata }, nodes }: ObservedNetwork): void {
    for (const node of Object.keys(nodes)) this.#context.connections.letGo(`${metadata.namespace}/${node}`);
  }

  async #remove(observed: ObservedNetwork, plan: NetworkPlan): Promise<ReconcileResult> {
    const removal = await removeNetwork(this.#context, observed, plan);
    if (removal.isGone) return this.#release(observed.network);
    const { step } = removal;
    const waiting = step.type === 'wait' ? verdict('Progressing', true, step.reason, step.message) : undefined;
    await this.#writePlanStatus(observed, plan, waiting);
    return { requeueAfterMs: step.type === 'wait' ? WHILE_STARTING_MS : AFTER_ACTION_MS };
  }

  /** The last that is done for a network. A namespace that goes with it is looked into no longer: its rights end with it. */
  async #release(network: LedgerNetwork): Promise<undefined> {
    const { client, workspaces } = this.#context;
    await release(client, ledgerNetworks, network, NETWORK_FINALIZER);
    const { namespace } = networkNameOf(network.metadata);
    if (await isEnding(this.#context, namespace)) await workspaces.leave(namespace);
    return undefined;
  }

  async #notYet(network: LedgerNetwork, reason: string, message: string): Promise<ReconcileResult> {
    await this.#writeStatus(network, [verdict('Available', false, reason, message), verdict('Progressing', false, reason, message)], {});
    return { requeueAfterMs: WHILE_SERVING_MS };
  }

  async #writePlanStatus(observed: ObservedNetwork, plan: NetworkPlan, progress?: Verdict): Promise<void> {
    const { operatorMetrics } = this.#context;
    const told = networkVerdicts(observed, plan).map((entry) => (entry.type === progress?.type ? progress : entry));
    const verdicts = [...told, ...heldVerdicts(stillWanted(this.#heldOf(observed.network), appliedBy(plan)))];
    const facts = networkFacts(observed, plan, nodeCrypto.sha256);
    const labels = networkLabels(observed.network);
    operatorMetrics.networkHeight.set(labels, facts.height ?? 0);
    operatorMetrics.validatorsServing.set(labels, facts.validators?.ready ?? 0);
    operatorMetrics.validatorsInSet.set(labels, facts.validators?.inSet ?? 0);
    operatorMetrics.spareFaults.set(labels, facts.validators?.spareFaults ?? 0);
    if (facts.certificates !== undefined)
      operatorMetrics.certificateNotAfter.set(labels, Date.parse(facts.certificates.earliestExpiry) / 1000);
    this.#authorityDues.look(observed);
    this.#births.look(observed, verdicts);
    reportTurn(this.#context, observed.network, verdicts);
    reportRedundancy(this.#context, observed.network, verdicts);
    reportPending(this.#context, observed.network, plan);
    await this.#writeStatus(observed.network, verdicts, facts);
    await this.#writeNodeStatus(observed, plan);
  }

  /** Objects of this network that others changed, the relay's certificate for it too. */
  #heldOf({ metadata }: LedgerNetwork): readonly HeldObject[] {
    const city = findCity(this.#context.caches)?.spec.namespace;
    const isOurs = ({ namespace, labels }: HeldObject): boolean =>
      labels[LABELS.network] === metadata.name && (namespace === metadata.namespace || namespace === city);
    return this.#applier.heldObjects().filter(isOurs);
  }

  #writeStatus(network: LedgerNetwork, verdicts: readonly Verdict[], facts: object): Promise<boolean> {
    reportNetworkConditions(this.#context.operatorMetrics, network, verdicts);
    const target = { resource: ledgerNetworks, object: network, verdicts, phase: networkPhase(verdicts), facts };
    return this.#statusWriter.write(target, { fields: ['height', 'root'], intervalMs: HEIGHT_STATUS_MS });
  }
}

/** What is under way, and what the API server has against it. */
function refusedProgress(observed: ObservedNetwork, plan: NetworkPlan, performed: Performed): Verdict | undefined {
  const refusal = refusalText(performed);
  const told = networkVerdicts(observed, plan).find(({ type }) => type === 'Progressing');
  return refusal === undefined || told === undefined ? undefined : { ...told, message: `${told.message}; refused: ${refusal}` };
}

function appliedBy({ actions }: NetworkPlan) {
  return actions.flatMap((action) => (action.type === 'apply' ? [action.manifest] : []));
}

/** Steps of going over to other rules that blocks and members end by themselves. */
const IN_MOTION: readonly string[] = ['AwaitingProtocolApproval', 'ProtocolCancelling', 'ProtocolScheduled'];

function nextLookMs(
  observed: ObservedNetwork,
  plan: NetworkPlan,
  { acted, networks }: { readonly acted: boolean; readonly networks: number },
): number {
  if (acted) return AFTER_ACTION_MS;
  if (plan.pending?.reason === 'SnapshotPending') return SNAPSHOT_POLL_MS;
  const isUnderWay = plan.operations.some(({ facts }) => facts.startedAt !== undefined && facts.finishedAt === undefined);
  const isGoingOver = plan.protocol !== undefined && IN_MOTION.includes(plan.protocol.reason);
  if (plan.growth !== undefined || isGoingOver || isUnderWay || plan.rollout !== undefined) return WHILE_STARTING_MS;
  const isAnswered = plan.effective.nodes.every(({ name }) => {
    const node = observed.nodes[name];
    return node?.answer?.phase === 'Serving' && !isInDoubt(node, observed.nowUnixMs);
  });
  return isAnswered || plan.effective.paused ? restingLookMs(networks, WHILE_SERVING_MS) : WHILE_STARTING_MS;
}

/** One Event when a network becomes available or stops being so. */
function reportTurn(context: OperatorContext, network: LedgerNetwork, verdicts: readonly Verdict[]): void {
  const now = verdicts.find(({ type }) => type === 'Available');
  const before = network.status?.conditions?.find(({ type }) => type === 'Available');
  if (now === undefined || before?.status === now.status || (before === undefined && now.status !== 'True')) return;
  // Not knowing is no turn, and a removal is told by its own Events.
  if (now.status === 'Unknown' || network.metadata.deletionTimestamp !== undefined) return;
  context.events.record(network, {
    type: now.status === 'True' ? 'Normal' : 'Warning',
    reason: now.status === 'True' ? 'Available' : now.reason === 'NoQuorum' ? 'QuorumLost' : 'NotAvailable',
    message: now.message,
  });
}

/** One Event when a validator is missing that was not, and one when all are back; a network that stands still has its own. */
function reportRedundancy({ events }: OperatorContext, network: LedgerNetwork, verdicts: readonly Verdict[]): void {
  const now = verdicts.find(({ type }) => type === 'FullRedundancy');
  const before = network.status?.conditions?.find(({ type }) => type === 'FullRedundancy');
  const stands = verdicts.some(({ type, status }) => type === 'Available' && status !== 'True');
  const isAlone = network.status?.validators?.inSet === 1;
  if (now === undefined || before === undefined || before.status === now.status || now.status === 'Unknown' || stands || isAlone) return;
  if (now.status === 'True') events.record(network, { type: 'Normal', reason: 'RedundancyRestored', message: now.message });
  else events.record(network, { type: 'Warning', reason: 'RedundancyLost', message: now.message });
}

/** One Event when a pod begins to wait for its turn. */
function reportPending({ events }: OperatorContext, network: LedgerNetwork, { pending }: NetworkPlan): void {
  const before = network.status?.conditions?.find(({ type }) => type === 'UpdatePending');
  if (pending === undefined || before?.status === 'True') return;
  events.record(network, { type: 'Normal', reason: pending.reason, message: pending.message });
}
