import { isJsonObject, type Json, type JsonObject } from '@civitas/canon';
import type { Proposal } from '@civitas/console-contract';

const textOf = (value: Json | undefined): string => (typeof value === 'string' ? value : '');
const textsOf = (value: Json | undefined): string[] => (Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : []);

/** Whom or what a change is about. */
function subjectOf(change: JsonObject): string {
  const { organisation, node, chainId, peer, keyId } = change;
  if (organisation !== undefined && isJsonObject(organisation)) return textOf(organisation['name']);
  return [node, organisation, chainId, peer, keyId].map(textOf).find((text) => text !== '') ?? '';
}

/** A record `network.members/proposals/<id>` as people see it. */
export function proposalOf(
  record: JsonObject,
  of: { readonly network: string; readonly approvalThreshold: number; readonly founders: readonly string[] },
): Proposal {
  const { id, change, proposer, approvals, status, failure, proposedAtUnixMs } = record;
  const changed = change !== undefined && isJsonObject(change) ? change : {};
  const given = textsOf(approvals);
  return {
    id: textOf(id),
    network: of.network,
    kind: textOf(changed['kind']),
    change: changed,
    subject: subjectOf(changed).slice(0, 256),
    proposer: textOf(proposer),
    proposedAtUnixMs: typeof proposedAtUnixMs === 'number' ? proposedAtUnixMs : 0,
    status: status === 'applied' || status === 'failed' ? status : 'open',
    failure: textOf(failure),
    approvals: given,
    approvalsNeeded: of.approvalThreshold,
    mayApprove: of.founders.filter((founder) => !given.includes(founder)),
  };
}
