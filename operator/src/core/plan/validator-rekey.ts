import type { ValidatorChangeStep } from '../resources/validator-change.ts';
import type { ChangeAction, ObservedChange } from './observed-change.ts';
import type { ObservedNetwork } from './observed-network.ts';
import { protocolOf } from './protocol-plan.ts';
import { voterState } from './quorum-gate.ts';

/** Protocol version that lets a validator go on under another key. */
const REKEY_PROTOCOL = 2;

/** Why another key cannot be proposed for a node yet, and what is to be done for it. */
export interface Unready {
  readonly reason: 'ProtocolTooOld' | 'PreparingKey';
  readonly message: string;
  readonly action: ChangeAction | undefined;
}

/** The node makes its next key itself, under the word of this change, and it is reserved for it before anybody decides on it. */
export function rekeyPreparation({ change, isKeyReserved }: ObservedChange, observed: ObservedNetwork, node: string): Unready | undefined {
  const version = protocolOf(observed)?.version ?? 1;
  if (version < REKEY_PROTOCOL)
    return wait('ProtocolTooOld', `blocks are executed by protocol ${version}; another key needs ${REKEY_PROTOCOL}`);
  const { spec, status } = observed.nodes[node]?.ledgerNode ?? {};
  const word = change.metadata.uid;
  if (spec?.rekey !== word)
    return { ...wait('PreparingKey', 'it is told to make another key'), action: { type: 'orderRekey', node, word } };
  const next = status?.nextConsensusPublicKey;
  if (next === undefined) return wait('PreparingKey', `${node} starts again and makes its next key`);
  return isKeyReserved(next, node) ? undefined : wait('PreparingKey', 'its next key is being reserved for it');
}

/** Done once the members' decision holds and the node votes under the key: until then its seat is silent, and no other step begins. */
export function rekeyProgress(step: ValidatorChangeStep, { nodes, standings }: ObservedNetwork): ValidatorChangeStep {
  const { publicKey, node } = step;
  const standing = publicKey === undefined ? undefined : standings.find((one) => one.publicKey === publicKey);
  if (step.state === 'Done' || standing === undefined) return step;
  const seen = nodes[node];
  const hasGoneOn = seen?.ledgerNode?.status?.consensusPublicKey === publicKey && voterState(seen) === 'serving';
  if (standing.standing !== 'active' || !hasGoneOn) return { ...step, state: 'Decided' };
  return { ...step, state: 'Done', ...(standing.sinceHeight === undefined ? {} : { height: standing.sinceHeight }) };
}

/** What is missing of a decision that holds: the seat is the new key's already, and silent until its node goes on under it. */
export function silentUnderNewKey({ action, node, publicKey }: ValidatorChangeStep, { standings }: ObservedNetwork): string | undefined {
  const holds = action === 'Rekey' && standings.some((one) => one.publicKey === publicKey && one.standing === 'active');
  return holds ? `${node} does not vote under its new key yet` : undefined;
}

function wait(reason: Unready['reason'], message: string): Unready {
  return { reason, message, action: undefined };
}
