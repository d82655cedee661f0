import type { InboxItem, Proposal } from '@civitas/console-contract';
import type { ConsoleContext } from '../context.ts';
import type { HandlersOf } from '../http/call.ts';
import { ProblemError } from '../http/problem-error.ts';
import type { LedgerNetwork } from '../kube/kinds.ts';
import { callLedger } from '../ledger/call-ledger.ts';
import { GLANCE_MS } from '../ledger/limits.ts';
import { objectOf } from '../ledger/packet-view.ts';
import { agenciesAllowing } from '../policy/policy.ts';
import { proposalOf } from '../views/proposal-view.ts';
import { visibleNetworks } from './networks.ts';

async function proposalsOf(context: ConsoleContext, network: LedgerNetwork): Promise<readonly Proposal[]> {
  const { ledger } = context.ledgers.open(network);
  const { proposals, approvalThreshold, founders } = await callLedger(ledger.listProposals.bind(ledger), {}, GLANCE_MS);
  return proposals.map((record) => proposalOf(objectOf(record), { network: network.metadata.name, approvalThreshold, founders }));
}

/** A proposal that founders of the caller have not decided, or that they may watch. */
function proposalItem(proposal: Proposal, own: ReadonlySet<string>): InboxItem {
  const waitsFor = proposal.mayApprove.find((agency) => own.has(agency));
  return {
    id: `proposal/${proposal.network}/${proposal.id}`,
    kind: 'proposal',
    title: `${proposal.kind} ${proposal.subject}`.trim(),
    ...(waitsFor === undefined ? {} : { agency: waitsFor }),
    network: proposal.network,
    resource: `Proposal/${proposal.id}`,
    since: new Date(proposal.proposedAtUnixMs).toISOString(),
    actions: waitsFor === undefined ? ['open'] : ['approve', 'open'],
    proposal,
  };
}

/** Conditions of a network that somebody has to look at. */
function conditionItems({ metadata, status }: LedgerNetwork): readonly InboxItem[] {
  const wrong = (status?.conditions ?? []).filter(
    ({ type, status: holds }) =>
      (['Available', 'QuorumHealthy', 'CertificatesValid', 'BackupHealthy', 'StorageHealthy'].includes(type) && holds === 'False') ||
      (type === 'Degraded' && holds === 'True'),
  );
  return wrong.map(({ type, reason, message, lastTransitionTime }) => ({
    id: `condition/${metadata.name}/${type}`,
    kind: type === 'CertificatesValid' ? 'certificate' : 'condition',
    title: `${type}: ${reason} ${message}`.slice(0, 512),
    network: metadata.name,
    resource: `LedgerNetwork/${metadata.name}`,
    since: lastTransitionTime,
    actions: ['open'],
  }));
}

export function inboxHandlers(context: ConsoleContext): HandlersOf<'getInbox'> {
  return {
    getInbox: async ({ principal }) => {
      const networks = await visibleNetworks(context, principal);
      const own = new Set(agenciesAllowing(principal, 'approve', 'proposal'));
      const unreachable: string[] = [];
      const proposals = await Promise.all(
        networks.map(async (network) => {
          try {
            return await proposalsOf(context, network);
          } catch (error) {
            if (!(error instanceof ProblemError)) throw error;
            unreachable.push(network.metadata.name);
            return [];
          }
        }),
      );
      const items = [...proposals.flat().map((proposal) => proposalItem(proposal, own)), ...networks.flatMap(conditionItems)];
      return { items: items.sort((left, right) => (left.since < right.since ? 1 : -1)), unreachable };
    },
  };
}
