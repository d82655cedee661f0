import { nodeCrypto } from '@civitas/canon/node';
import { addFinalizer, type Controller, createController, hasFinalizer, type Log, type ReconcileResult } from '@civitas/kube';
import { NETWORK_FINALIZER, networkNameOf } from '../../core/desired/names.ts';
import { type NetworkPlan, planNetwork } from '../../core/plan/network-plan.ts';
import { networkFacts, networkPhase, networkVerdicts, type Verdict, verdict } from '../../core/plan/network-status.ts';
import type { ObservedNetwork } from '../../core/plan/observed-network.ts';
import type { LedgerNetwork } from '../../core/resources/ledger-network.ts';
import { performNetworkAction } from '../apply/network-actions.ts';
import { createNodeStatusWriter } from '../apply/node-status.ts';
import { createStatusWriter } from '../apply/status-writer.ts';
import { ledgerNetworks } from '../observe/custom-resources.ts';
import { observeNetwork } from '../observe/observe-network.ts';
import { release, retryConflict } from './conflict.ts';
import { AFTER_ACTION_MS, HEIGHT_STATUS_MS, WHILE_SERVING_MS, WHILE_STARTING_MS } from './limits.ts';
import { removeNetwork } from './network-removal.ts';
import { findCity, type OperatorContext } from './operator-context.ts';
import type { RelayKey } from './relay-controller.ts';

/** Brings LedgerNetworks to life: certificates, pods, genesis, signing grants, status. */
export function createNetworkController(context: OperatorContext, relayKey: RelayKey): Controller {
  const applier = context.applierOf('network');
  const statusWriter = createStatusWriter(applier, context.clock);
  const nodeStatus = createNodeStatusWriter(context, applier);

  const writeStatus = (network: LedgerNetwork, verdicts: readonly Verdict[], facts: object): Promise<boolean> => {
    const { name } = network.metadata;
    for (const { type, status } of verdicts)
      context.operatorMetrics.networkCondition.set({ network: name, condition: type }, status === 'True' ? 1 : 0);
    const target = { resource: ledgerNetworks, object: network, verdicts, phase: networkPhase(verdicts), facts };
    return statusWriter.write(target, { fields: ['height', 'root'], intervalMs: HEIGHT_STATUS_MS });
  };

  const writePlanStatus = async (observed: ObservedNetwork, plan: NetworkPlan): Promise<void> => {
    const verdicts = networkVerdicts(observed, plan);
    const facts = networkFacts(observed, plan, nodeCrypto.sha256);
    const { name } = observed.network.metadata;
    context.operatorMetrics.networkHeight.set({ network: name }, facts.height ?? 0);
    context.operatorMetrics.validatorsServing.set({ network: name }, facts.validators?.ready ?? 0);
    if (facts.certificates !== undefined) {
      context.operatorMetrics.certificateNotAfter.set({ network: name }, Date.parse(facts.certificates.earliestExpiry) / 1000);
    }
    reportTurn(context, observed.network, verdicts);
    await writeStatus(observed.network, verdicts, facts);
    await nodeStatus(observed, plan);
  };

  const notYet = async (network: LedgerNetwork, reason: string, message: string): Promise<ReconcileResult> => {
    await writeStatus(network, [verdict('Available', false, reason, message), verdict('Progressing', false, reason, message)], {});
    return { requeueAfterMs: WHILE_SERVING_MS };
  };

  const reconcile = async (network: LedgerNetwork, signal: AbortSignal, log: Log): Promise<ReconcileResult> => {
    const config = findCity(context.caches);
    if (config === undefined) return notYet(network, 'WaitingForCityConfig', 'there is no CityConfig yet');
    const { namespace } = networkNameOf(network.metadata);
    const workspace = await context.workspaces.enter(namespace, signal);
    if (workspace === undefined)
      return notYet(network, 'NotAWorkspace', `namespace ${namespace} does not carry the label civitas.dev/workspace=true`);
    if (!hasFinalizer(network, NETWORK_FINALIZER) && network.metadata.deletionTimestamp === undefined) {
      await addFinalizer(context.client, ledgerNetworks, network, NETWORK_FINALIZER);
      return { requeueAfterMs: AFTER_ACTION_MS };
    }
    const observed = await observeNetwork(context, { network, config, workspace, relayKey: relayKey.publicKey() });
    const plan = planNetwork(observed, nodeCrypto.sha256);
    if (network.metadata.deletionTimestamp !== undefined) {
      const isGone = await removeNetwork(context, observed, plan);
      if (isGone) {
        await release(context.client, ledgerNetworks, network, NETWORK_FINALIZER);
        return;
      }
      await writePlanStatus(observed, plan);
      return { requeueAfterMs: WHILE_STARTING_MS };
    }
    let acted = false;
    for (const action of plan.actions) {
      const scope = { context, applier, network, effective: plan.effective, workspace, log };
      const done = await performNetworkAction(scope, action);
      acted ||= done && action.type !== 'apply';
    }
    await writePlanStatus(observed, plan);
    return { requeueAfterMs: nextLookMs(observed, plan, acted) };
  };

  return createController({
    name: 'network',
    workers: 4,
    clock: context.clock,
    metrics: context.metrics,
    log: context.log,
    async reconcile(key, { signal, log }) {
      const network = context.caches.networks.store.get(key);
      return network === undefined ? undefined : retryConflict(() => reconcile(network, signal, log));
    },
  });
}

function nextLookMs(observed: ObservedNetwork, plan: NetworkPlan, acted: boolean): number {
  if (acted) return AFTER_ACTION_MS;
  const serving = plan.effective.nodes.every(({ name }) => observed.nodes[name]?.answer?.phase === 'Serving');
  return serving || plan.effective.paused ? WHILE_SERVING_MS : WHILE_STARTING_MS;
}

/** One Event when a network becomes available or stops being so. */
function reportTurn(context: OperatorContext, network: LedgerNetwork, verdicts: readonly Verdict[]): void {
  const now = verdicts.find(({ type }) => type === 'Available');
  const before = network.status?.conditions?.find(({ type }) => type === 'Available');
  if (now === undefined || before?.status === now.status || (before === undefined && now.status !== 'True')) return;
  context.events.record(network, {
    type: now.status === 'True' ? 'Normal' : 'Warning',
    reason: now.status === 'True' ? 'Available' : 'NotAvailable',
    message: now.message,
  });
  for (const controller of ['membership', 'relay', 'link', 'agency']) context.wake(controller);
}
