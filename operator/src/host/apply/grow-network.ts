import { configMaps } from '@civitas/kube';
import { ANNOTATIONS, genesisRecordName, networkNameOf, SYSTEM_NAMESPACE } from '../../core/desired/names.ts';
import type { NetworkAction } from '../../core/plan/network-action.ts';
import { STATUS_MESSAGE_CHARS_MAX } from '../controllers/limits.ts';
import { platformLedger } from '../controllers/platform-ledger.ts';
import { ensureProposal, proposalText } from '../ledger/proposals.ts';
import type { ActionContext } from './action-context.ts';
import { report } from './report.ts';

/** Writes the engine in force into the record of the genesis. What follows, pods and their engines, is planned from that record alone. */
export async function handOverEngine(scope: ActionContext, to: 'cometbft'): Promise<boolean> {
  const { context, network, effective } = scope;
  if (!context.isLeader()) return false;
  const name = genesisRecordName(networkNameOf(network.metadata));
  await context.client.mergePatch(
    configMaps,
    { namespace: SYSTEM_NAMESPACE, name },
    { metadata: { annotations: { [ANNOTATIONS.engine]: to } } },
  );
  return report(scope, 'EngineHandedOver', `${effective.chainId} goes on under ${to}; it cannot go back`);
}

/** Proposes a validator to the members unless it stands proposed; what became of it is looked at in the next pass. */
export async function proposeValidator(
  scope: ActionContext,
  { node, publicKey, organisation }: Extract<NetworkAction, { type: 'proposeValidator' }>,
): Promise<boolean> {
  const { context, network, log } = scope;
  if (!context.isLeader()) return false;
  const ledger = await platformLedger(context, network);
  if (ledger === undefined) return false;
  const change = { kind: 'addValidator', publicKey, node, organisation };
  const wish = { identity: change, build: () => Promise.resolve(change) };
  const key = `${network.metadata.namespace}/${network.metadata.name}`;
  const known = context.facts.joins.get(key);
  const proposal = await ensureProposal(ledger, wish, context);
  const message = `${node}: ${proposalText('addValidator', proposal)}`.slice(0, STATUS_MESSAGE_CHARS_MAX);
  context.facts.joins.set(key, { node, state: proposal.state, message });
  if (known?.node === node && known.state === proposal.state) return false;
  if (proposal.state === 'open') return report(scope, 'ValidatorProposed', message, node);
  log.warn({ network: network.metadata.name, node, state: proposal.state }, message);
  return false;
}
