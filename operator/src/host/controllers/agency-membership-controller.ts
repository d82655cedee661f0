import { addFinalizer, type Controller, createController, hasFinalizer, type ReconcileResult } from '@civitas/kube';
import { FORCE_REMOVAL } from '../../core/desired/tombstone.ts';
import {
  MEMBERSHIP_PHASES,
  type MembershipAction,
  type MembershipPlan,
  type ObservedMembership,
  planMembershipObject,
} from '../../core/plan/agency-membership-plan.ts';
import { isEnding, MEMBERSHIP_FINALIZER } from '../../core/plan/agency-memberships.ts';
import { verdict } from '../../core/plan/network-status.ts';
import type { AgencyMembershipObject } from '../../core/resources/agency-membership.ts';
import { createStatusWriter } from '../apply/status-writer.ts';
import { findRecord } from '../ledger/platform-operations.ts';
import { findFreeProposalId, findProposal, proposeAs } from '../ledger/proposals.ts';
import { agencyMemberships } from '../observe/custom-resources.ts';
import { release, retryConflict } from './conflict.ts';
import { AFTER_ACTION_MS, PROPOSAL_POLL_MS, SETTLED_RECHECK_MS, WHILE_SERVING_MS } from './limits.ts';
import { findCity, type OperatorContext } from './operator-context.ts';
import { platformLedger } from './platform-ledger.ts';

type Ledger = NonNullable<Awaited<ReturnType<typeof platformLedger>>>;

/** Says where each membership stands, and has the members end it when it is to end. */
export function createAgencyMembershipController(context: OperatorContext): Controller {
  const writer = createStatusWriter(context.applierOf('agencymembership'), context.clock);

  const reconcile = async (membership: AgencyMembershipObject): Promise<ReconcileResult> => {
    const { metadata } = membership;
    const isDeleted = metadata.deletionTimestamp !== undefined;
    if (!isDeleted && !hasFinalizer(membership, MEMBERSHIP_FINALIZER)) {
      await addFinalizer(context.client, agencyMemberships, membership, MEMBERSHIP_FINALIZER);
      return { requeueAfterMs: AFTER_ACTION_MS };
    }
    const { ledger, input } = await observe(context, membership);
    const plan = planMembershipObject(input);
    const isForced = isDeleted && metadata.annotations?.[FORCE_REMOVAL] === metadata.name;
    if (isDeleted && (plan.isReleased || isForced)) {
      await release(context.client, agencyMemberships, membership, MEMBERSHIP_FINALIZER);
      return undefined;
    }
    const proposal = plan.action === undefined || ledger === undefined ? undefined : await perform(context, ledger, plan.action);
    await writer.write({
      resource: agencyMemberships,
      object: membership,
      verdicts: [
        verdict('Enrolled', input.onLedger === 'enrolled', plan.reason, plan.message),
        verdict('Leaving', MEMBERSHIP_PHASES[plan.reason] === 'Leaving', plan.reason, plan.message),
      ],
      phase: MEMBERSHIP_PHASES[plan.reason],
      facts: factsOf(context, membership, { plan, input, proposal }),
    });
    return { requeueAfterMs: nextLookMs(plan) };
  };

  return createController({
    name: 'agencymembership',
    clock: context.clock,
    metrics: context.metrics,
    log: context.log,
    async reconcile(key) {
      const membership = context.caches.memberships.store.get(key);
      return membership === undefined ? undefined : retryConflict(() => reconcile(membership));
    },
  });
}

function nextLookMs({ action, reason }: MembershipPlan): number {
  if (action !== undefined) return AFTER_ACTION_MS;
  if (reason === 'Leaving' || reason === 'EndProposed') return PROPOSAL_POLL_MS;
  return reason === 'Enrolled' || reason === 'Removed' ? SETTLED_RECHECK_MS : WHILE_SERVING_MS;
}

async function observe(
  context: OperatorContext,
  membership: AgencyMembershipObject,
): Promise<{ readonly ledger: Ledger | undefined; readonly input: ObservedMembership }> {
  const { metadata, spec, status } = membership;
  const { caches, clock, facts } = context;
  const key = `${metadata.namespace}/${spec.networkRef}`;
  const network = caches.networks.store.get(key);
  const agency = caches.agencies.store.get(spec.agencyRef);
  const ledger = network === undefined ? undefined : await platformLedger(context, network);
  const cityNamespace = findCity(caches)?.spec.namespace;
  const expiresAtUnixMs = spec.expiresAt === undefined ? undefined : Date.parse(spec.expiresAt);
  const ownNodes = new Set(
    caches.nodes.store
      .list(metadata.namespace)
      .filter((node) => node.spec.networkRef === spec.networkRef && node.spec.organisation === spec.agencyRef)
      .map((node) => node.metadata.name),
  );
  const input: ObservedMembership = {
    membership,
    isEnding: isEnding(membership, clock.nowUnixMs(), expiresAtUnixMs),
    hasAgency: agency !== undefined,
    hasNetwork: network !== undefined,
    isNamedByAgency:
      agency?.spec.memberships.some(
        (entry) => entry.network === spec.networkRef && (entry.namespace ?? cityNamespace) === metadata.namespace,
      ) ?? false,
    onLedger: ledger === undefined ? undefined : await standing(ledger, spec.agencyRef),
    enrolment: facts.enrolments.get(`${key} ${spec.agencyRef}`)?.message,
    validators: (facts.standings.get(key) ?? [])
      .filter((one) => one.standing !== 'removed' && ownNodes.has(one.node))
      .map(({ node }) => node),
    proposal:
      ledger === undefined || status?.proposal === undefined ? undefined : await findProposal(ledger, status.proposal, clock.nowUnixMs()),
    approvalThreshold: ledger?.genesis.appState.approvalThreshold ?? 0,
  };
  return { ledger, input };
}

async function standing(ledger: Ledger, organisation: string): Promise<ObservedMembership['onLedger']> {
  const record = await findRecord(ledger.connection, `network.members/organisations/${organisation}`);
  if (record === undefined) return 'absent';
  return record['status'] === 'removed' ? 'removed' : 'enrolled';
}

/** @returns the id that is to be recorded, where one was found. */
async function perform(context: OperatorContext, ledger: Ledger, action: MembershipAction): Promise<string | undefined> {
  if (!context.isLeader()) return undefined;
  if (action.type === 'recordProposal') return findFreeProposalId(ledger, action.change, context.clock.nowUnixMs());
  const outcome = await proposeAs(ledger, action.id, action.change, context.clock.nowUnixMs());
  if (outcome.state === 'refused') context.log.warn({ code: outcome.code }, outcome.facts);
  return undefined;
}

function factsOf(
  { facts }: OperatorContext,
  { metadata, spec, status }: AgencyMembershipObject,
  { plan, input, proposal }: { readonly plan: MembershipPlan; readonly input: ObservedMembership; readonly proposal: string | undefined },
): object {
  const height =
    status?.onLedgerHeight ?? facts.enrolments.get(`${metadata.namespace}/${spec.networkRef} ${spec.agencyRef}`)?.onLedgerHeight;
  // An end that was taken back and is wanted again is another one.
  const isTakenBack = !input.isEnding && input.proposal?.status !== 'open';
  const id = proposal ?? (isTakenBack ? undefined : status?.proposal);
  return {
    ...(height === undefined ? {} : { onLedgerHeight: height }),
    ...(id === undefined ? {} : { proposal: id }),
    ...(plan.reason === 'Leaving' && input.proposal !== undefined
      ? { approvals: { given: input.proposal.approvals, needed: input.approvalThreshold } }
      : {}),
  };
}
