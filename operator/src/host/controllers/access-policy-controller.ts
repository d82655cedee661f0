import { addFinalizer, type Controller, createController, hasFinalizer, keyOf, type ReconcileResult } from '@civitas/kube';
import { FORCE_REMOVAL } from '../../core/desired/tombstone.ts';
import { bornWith, GATE } from '../../core/plan/access-policy-lint.ts';
import {
  callerNetworkOf,
  type ObservedPolicy,
  POLICY_FINALIZER,
  type PolicyPlan,
  planAccessPolicy,
  policyIdOf,
  policyVerdicts,
} from '../../core/plan/access-policy-plan.ts';
import { entryOf } from '../../core/plan/link-grants.ts';
import type { AccessPolicy } from '../../core/resources/access-policy.ts';
import type { LedgerNetwork } from '../../core/resources/ledger-network.ts';
import { createStatusWriter } from '../apply/status-writer.ts';
import { findRecord } from '../ledger/platform-operations.ts';
import { ensureProposal, proposalText } from '../ledger/proposals.ts';
import { accessPolicies } from '../observe/custom-resources.ts';
import { release, retryConflict } from './conflict.ts';
import { AFTER_ACTION_MS, SETTLED_RECHECK_MS, WHILE_SERVING_MS } from './limits.ts';
import { membersOf, type OperatorContext } from './operator-context.ts';
import { createPatientLooks } from './patient-looks.ts';
import { platformLedger } from './platform-ledger.ts';

type Ledger = NonNullable<Awaited<ReturnType<typeof platformLedger>>>;

/** Reads each policy, compares it with the ledger's, and has the founders decide what differs. */
export function createAccessPolicyController(context: OperatorContext): Controller {
  const writer = createStatusWriter(context.applierOf('accesspolicy'), context.clock);
  const looks = createPatientLooks(context.clock);

  const reconcile = async (policy: AccessPolicy): Promise<ReconcileResult> => {
    const { metadata } = policy;
    const isDeleted = metadata.deletionTimestamp !== undefined;
    if (!isDeleted && !hasFinalizer(policy, POLICY_FINALIZER)) {
      await addFinalizer(context.client, accessPolicies, policy, POLICY_FINALIZER);
      return { requeueAfterMs: AFTER_ACTION_MS };
    }
    const { ledger, observed } = await observe(context, policy);
    const plan = await propose(context, ledger, planAccessPolicy(observed));
    const isForced = isDeleted && metadata.annotations?.[FORCE_REMOVAL] === metadata.name;
    if (isDeleted && (plan.isReleased || isForced)) {
      await release(context.client, accessPolicies, policy, POLICY_FINALIZER);
      looks.forget(keyOf(metadata));
      return undefined;
    }
    const { policyId, effect, findings, phase } = plan;
    const version = observed.ledger === 'silent' ? policy.status?.onLedgerVersion : observed.ledger.record?.['policyVersion'];
    const facts = {
      ...(policyId === undefined ? {} : { policyId }),
      ...(typeof version === 'number' ? { onLedgerVersion: version } : {}),
      ...(effect === undefined ? {} : { effect }),
      ...(findings === undefined ? {} : { findings: [...findings.faults, ...findings.notes] }),
    };
    const verdicts = policyVerdicts(plan);
    await writer.write({ resource: accessPolicies, object: policy, verdicts, phase, facts });
    const key = keyOf(metadata);
    if (plan.change !== undefined) return { requeueAfterMs: looks.next(key, JSON.stringify(verdicts)) };
    looks.forget(key);
    return { requeueAfterMs: phase === 'Applied' ? SETTLED_RECHECK_MS : WHILE_SERVING_MS };
  };

  return createController({
    name: 'accesspolicy',
    clock: context.clock,
    metrics: context.metrics,
    log: context.log,
    async reconcile(key) {
      const policy = context.caches.accessPolicies.store.get(key);
      return policy === undefined ? undefined : retryConflict(() => reconcile(policy));
    },
  });
}

async function observe(
  context: OperatorContext,
  policy: AccessPolicy,
): Promise<{ readonly ledger: Ledger | undefined; readonly observed: ObservedPolicy }> {
  const { caches } = context;
  const { spec } = policy;
  const { namespace = '' } = policy.metadata;
  const link = caches.links.store.get(`${namespace}/${spec.linkRef}`)?.spec;
  const callerName = link === undefined ? undefined : callerNetworkOf(spec, link);
  const find = (name: string | undefined): LedgerNetwork | undefined => caches.networks.store.get(`${namespace}/${name}`);
  const [source, caller] = [find(spec.source), find(callerName)];
  const ledger = source === undefined ? undefined : await platformLedger(context, source);
  const observed: ObservedPolicy = {
    policy,
    link,
    networks: Object.fromEntries(
      [source, caller].flatMap((network) => (network === undefined ? [] : [[network.metadata.name, network.spec]])),
    ),
    callerMembers: caller === undefined ? [] : membersOf(context, caller),
    entry: entryOf(callerName ?? '', spec.source, grantsOf(context, namespace), context.clock.nowUnixMs()),
    olderTwin: olderTwinOf(context, policy),
    ledger: ledger === undefined || source === undefined ? 'silent' : await readLedger(ledger, { spec, source, caller }),
  };
  return { ledger, observed };
}

function grantsOf({ caches }: OperatorContext, namespace: string) {
  return caches.linkGrants.store.list(namespace).map((grant) => ({
    grant,
    expiresAtUnixMs: grant.spec.expiresAt === undefined ? undefined : Date.parse(grant.spec.expiresAt),
  }));
}

async function readLedger(
  { connection }: Ledger,
  {
    spec,
    source,
    caller,
  }: { readonly spec: AccessPolicy['spec']; readonly source: LedgerNetwork; readonly caller: LedgerNetwork | undefined },
): Promise<ObservedPolicy['ledger']> {
  const runsGate = bornWith(source.spec.domain, GATE) || (await findRecord(connection, `network.members/contracts/${GATE}`)) !== undefined;
  const id = caller === undefined ? undefined : policyIdOf(spec, caller.spec.chainId);
  const record = id === undefined || !runsGate ? undefined : await findRecord(connection, `${GATE}/policies/${id}`);
  return { protocolVersion: source.status?.protocol?.version ?? 1, runsGate, record };
}

/** Of two objects that ask for one policy the older counts, and of two of one second the first by name. */
function olderTwinOf({ caches }: OperatorContext, { metadata, spec }: AccessPolicy): string | undefined {
  const questionOf = (one: AccessPolicy['spec']): string =>
    [one.linkRef, one.source, one.caller.organisation, one.caller.contract, one.predicate, one.purpose].join(' ');
  const ageOf = (one: AccessPolicy['metadata']): string => `${one.creationTimestamp} ${one.name}`;
  return caches.accessPolicies.store
    .list(metadata.namespace)
    .filter((other) => other.metadata.name !== metadata.name && other.metadata.deletionTimestamp === undefined)
    .filter((other) => questionOf(other.spec) === questionOf(spec) && ageOf(other.metadata) < ageOf(metadata))
    .map((other) => other.metadata.name)[0];
}

/** Puts what is to change before the founders, once; what they are asked stands in the plan's words. */
async function propose(context: OperatorContext, ledger: Ledger | undefined, plan: PolicyPlan): Promise<PolicyPlan> {
  const { change } = plan;
  if (change === undefined || ledger === undefined || !context.isLeader()) return plan;
  const proposal = await ensureProposal(ledger, { identity: change, build: () => Promise.resolve(change) }, context);
  const message = `${plan.message}; ${proposalText('the policy', proposal)}`;
  return proposal.state === 'refused' ? { ...plan, reason: 'PolicyRefused', phase: 'Refused', message } : { ...plan, message };
}
