import type { LedgerOperation, OperationStep } from '../resources/ledger-operation.ts';
import { authorityState, trustedText } from './authority-state.ts';
import { hasTakenUp } from './certificate-plan.ts';
import type { EffectiveNetwork } from './effective-network.ts';
import type { ObservedNetwork, ObservedNode } from './observed-network.ts';
import { voterState } from './quorum-gate.ts';
import { isResizing } from './storage-plan.ts';
import { unixMsOf } from './time-text.ts';
import { bytesOf } from './volume-size.ts';

/** Whether a node is as the operation wants it, by what it says itself; one that is no longer of the network is. */
export function isStepDone(
  observed: ObservedNetwork,
  network: EffectiveNetwork,
  { operation, step }: { readonly operation: LedgerOperation; readonly step: OperationStep },
): boolean {
  const node = observed.nodes[step.node];
  if (node === undefined || network.nodes.every(({ name }) => name !== step.node)) return true;
  const { spec, status, metadata } = operation;
  switch (spec.type) {
    case 'Restart':
      return node.pod !== undefined && node.pod.uid !== step.from && isBack(node);
    case 'Upgrade':
      return network.version === spec.version && !network.isReleaseHeld && node.pod?.image === network.nodeImage && isBack(node);
    case 'RotateCertificates':
      return (node.certificate?.issuedAtUnixMs ?? 0) >= (unixMsOf(status?.startedAt) ?? 0) && hasTakenUp(node);
    case 'RotateCA':
      return isRolledOver(observed, node, metadata.uid);
    case 'ExpandStorage':
      return (bytesOf(node.volume?.requested) ?? 0) >= (bytesOf(spec.storageSize) ?? 0) && !isResizing(node);
    case 'Fence':
      return node.ledgerNode?.spec.fenced === true && voterState(node) === 'down';
    case 'Unfence':
      return node.ledgerNode?.spec.fenced !== true && isBack(node);
    case 'RebuildNode':
      return node.ledgerNode?.spec.rebuild === metadata.uid && node.pod?.rebuild === metadata.uid && isBack(node);
    case 'Prune':
      return true;
  }
}

/** At the head again. A node that somebody has fenced meanwhile is as far as it will come. */
function isBack(node: ObservedNode): boolean {
  return node.ledgerNode?.spec.fenced === true || voterState(node) === 'serving';
}

/** One authority is left, the one that was made for this operation, and the node's certificate is of it. */
function isRolledOver(observed: ObservedNetwork, node: ObservedNode, operationUID: string): boolean {
  const generations = observed.authorities ?? [];
  const [only] = generations;
  const state = authorityState(generations);
  if (only === undefined || generations.length !== 1 || only.operationUID !== operationUID) return false;
  return node.certificate?.issuer === state.issuer && node.certificate.trusted === trustedText(state) && hasTakenUp(node);
}
