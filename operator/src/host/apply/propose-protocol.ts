import type { NetworkAction } from '../../core/plan/network-action.ts';
import { PROTOCOL_NOTICE_BLOCKS, STATUS_MESSAGE_CHARS_MAX } from '../controllers/limits.ts';
import { platformLedger } from '../controllers/platform-ledger.ts';
import { ensureProposal, proposalText } from '../ledger/proposals.ts';
import type { ActionContext } from './action-context.ts';
import { report } from './report.ts';

/** Proposes other rules of execution, or to take them back, unless it stands proposed; what became of it is looked at in the next pass. */
export async function proposeProtocol(
  scope: ActionContext,
  { kind, version }: Extract<NetworkAction, { type: 'proposeProtocol' }>,
): Promise<boolean> {
  const { context, network, log } = scope;
  if (!context.isLeader()) return false;
  const ledger = await platformLedger(context, network);
  if (ledger === undefined) return false;
  const change = { kind, version, ...(kind === 'activateProtocol' ? { afterBlocks: PROTOCOL_NOTICE_BLOCKS } : {}) };
  const wish = { identity: change, build: () => Promise.resolve(change) };
  const key = `${network.metadata.namespace}/${network.metadata.name}`;
  const known = context.facts.protocols.get(key);
  const proposal = await ensureProposal(ledger, wish, context);
  const message = `protocol ${version}: ${proposalText(kind, proposal)}`.slice(0, STATUS_MESSAGE_CHARS_MAX);
  context.facts.protocols.set(key, { kind, version, message });
  if (known?.message === message) return false;
  if (proposal.state === 'open' && proposal.approvals === 0) return report(scope, 'ProtocolProposed', message);
  log.info({ network: network.metadata.name, state: proposal.state }, message);
  return false;
}
