import { done, type Outcome, refused } from '@civitas/contracts';
import type { Execution } from '../ledger/execution.ts';
import type { ProtocolChange } from '../members/change.ts';
import { PROTOCOL, PROTOCOL_KEY, type ProtocolRecord, protocolAt } from './records.ts';

type Activate = Extract<ProtocolChange, { kind: 'activateProtocol' }>;
type Cancel = Extract<ProtocolChange, { kind: 'cancelProtocol' }>;

function activate(execution: Execution, { version, afterBlocks }: Activate): Outcome {
  const { height } = execution.block;
  const standing = protocolAt(execution.records, height);
  if (standing.next !== undefined)
    return refused('STATE', { reason: 'activation-scheduled', version: standing.next.version, height: standing.next.height });
  // Which versions a node executes is the node's: were it asked here, nodes of two releases would answer differently.
  if (version !== standing.version + 1)
    return refused('RULE_UNMET', { reason: 'not-the-next-version', version, versionInForce: standing.version });
  const nextHeight = height + afterBlocks;
  const record: ProtocolRecord = { version: standing.version, sinceHeight: standing.sinceHeight, nextVersion: version, nextHeight };
  execution.put(PROTOCOL_KEY, record);
  execution.emit(PROTOCOL, 'Scheduled', { version, height: nextHeight });
  return done();
}

function cancel(execution: Execution, { version }: Cancel): Outcome {
  const standing = protocolAt(execution.records, execution.block.height);
  if (standing.next?.version !== version)
    return refused('STATE', { reason: 'no-activation-scheduled', version, versionInForce: standing.version });
  execution.put(PROTOCOL_KEY, { version: standing.version, sinceHeight: standing.sinceHeight, nextVersion: 0, nextHeight: 0 });
  execution.emit(PROTOCOL, 'Cancelled', { version, height: standing.next.height });
  return done();
}

/** Applies a decided change of the rules that blocks are executed by; refuses where the records do not allow it. */
export function applyProtocolChange(execution: Execution, change: ProtocolChange): Outcome {
  return change.kind === 'activateProtocol' ? activate(execution, change) : cancel(execution, change);
}
