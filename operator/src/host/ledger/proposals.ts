import type { JsonObject } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { proposalId } from '../../core/plan/membership-plan.ts';
import { PROPOSAL_ATTEMPTS_MAX } from '../controllers/limits.ts';
import { findRecord, type PlatformLedger, submitOperation } from './platform-operations.ts';

/** Where a proposal stands. One that was decided before and is needed again is proposed anew under the next attempt. */
export type ProposalState =
  | { readonly state: 'open'; readonly approvals: number }
  | { readonly state: 'waiting'; readonly message: string }
  | { readonly state: 'refused'; readonly code: string; readonly facts: string };

/** Refusals that the next look sees gone. */
const PASSING: Readonly<Record<string, string>> = {
  DUPLICATE: 'members decided between our look at the ledger and the proposal',
  HEADER_UNKNOWN: 'the city’s header is not stored yet: a ledger takes one a second',
};

/** A change as members will see it; `identity` is what makes two of them the same wish (a proof in it differs from try to try). */
export interface Wish {
  readonly identity: JsonObject;
  /** Called only when nothing stands proposed; a text says in words why it cannot be proposed yet. */
  readonly build: () => Promise<JsonObject | string>;
}

/**
 * Proposes a change to the members of a ledger unless it stands proposed already.
 *
 * @throws NodeRefusal or the gRPC error when the ledger cannot be asked.
 */
export async function ensureProposal(ledger: PlatformLedger, wish: Wish, nowUnixMs: number): Promise<ProposalState> {
  for (let attempt = 0; attempt < PROPOSAL_ATTEMPTS_MAX; attempt++) {
    const id = proposalId(wish.identity, attempt, nodeCrypto.sha256);
    const record = await findRecord(ledger.connection, `network.members/proposals/${id}`);
    if (record === undefined) return propose(ledger, { id, wish }, nowUnixMs);
    if (record['status'] === 'open')
      return { state: 'open', approvals: Array.isArray(record['approvals']) ? record['approvals'].length : 0 };
    // Decided before and needed again (terms closed, then opened): the next attempt says so anew.
  }
  return { state: 'refused', code: 'LIMIT', facts: `${PROPOSAL_ATTEMPTS_MAX} attempts` };
}

async function propose(
  ledger: PlatformLedger,
  { id, wish }: { readonly id: string; readonly wish: Wish },
  nowUnixMs: number,
): Promise<ProposalState> {
  const change = await wish.build();
  if (typeof change === 'string') return { state: 'waiting', message: change };
  const outcome = await submitOperation(ledger, { contract: 'network.members@v1', method: 'propose', args: { id, change } }, nowUnixMs);
  if (outcome.ok) return { state: 'open', approvals: 0 };
  const passing = PASSING[outcome.refusal.code];
  if (passing !== undefined) return { state: 'waiting', message: passing };
  return { state: 'refused', code: outcome.refusal.code, facts: JSON.stringify(outcome.refusal.facts) };
}

/** A proposal's state as people read it. */
export function proposalText(kind: string, proposal: ProposalState): string {
  switch (proposal.state) {
    case 'open':
      return `${kind} waits for approvals of founders (${proposal.approvals} given)`;
    case 'waiting':
      return proposal.message;
    case 'refused':
      return `${kind} was refused: ${proposal.code} ${proposal.facts}`;
  }
}
