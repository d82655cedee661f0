import type { JsonObject } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import type { Clock } from '@civitas/kube';
import { proposalId } from '../../core/plan/membership-plan.ts';
import type { ObservedProposal } from '../../core/plan/observed-network.ts';
import { PROPOSAL_ATTEMPTS_MAX, PROPOSAL_LIFE_MS } from '../controllers/limits.ts';
import { findRecord, type ProposingLedger, submitOperation } from './platform-operations.ts';

/** Where a proposal stands. One that was decided before and is needed again is proposed anew under the next attempt. */
export type ProposalState =
  | { readonly state: 'open'; readonly approvals: number }
  | { readonly state: 'waiting'; readonly message: string }
  | { readonly state: 'refused'; readonly code: string; readonly facts: string };

const DECIDED_MEANWHILE = 'members decided between our look at the ledger and the proposal';

/** Refusals that the next look sees gone. */
const PASSING: Readonly<Record<string, string>> = {
  DUPLICATE: DECIDED_MEANWHILE,
  HEADER_UNKNOWN: 'the city’s header is not stored yet: a ledger takes one a second',
};

/** A change as members will see it; `identity` is what makes two of them the same wish (a proof in it differs from try to try). */
export interface Wish {
  readonly identity: JsonObject;
  /** Called only when nothing stands proposed; a text says in words why it cannot be proposed yet. */
  readonly build: () => Promise<JsonObject | string>;
}

/** Who looks at a ledger again and again. */
export interface Looker {
  readonly clock: Pick<Clock, 'nowUnixMs'>;
  readonly facts: {
    /** `<chain id>/<proposal id>` of every decided proposal whose change was found to be wanted again. */
    readonly seenDecided: Set<string>;
  };
}

/**
 * Proposes a change to the members of a ledger unless it stands proposed already.
 *
 * What the ledger lacks was read before its proposals are: members may have decided in between, and what they decided would be put before
 * them again. So a look that is the first to see it decided proposes nothing; the next one has read the ledger since.
 *
 * @throws NodeRefusal or the gRPC error when the ledger cannot be asked.
 */
export async function ensureProposal(ledger: ProposingLedger, wish: Wish, { clock, facts }: Looker): Promise<ProposalState> {
  const nowUnixMs = clock.nowUnixMs();
  let decided: string | undefined;
  for (let attempt = 0; attempt < PROPOSAL_ATTEMPTS_MAX; attempt++) {
    const id = proposalId(wish.identity, attempt, nodeCrypto.sha256);
    const record = await findRecord(ledger.connection, `network.members/proposals/${id}`);
    if (record === undefined) {
      if (decided !== undefined && !facts.seenDecided.has(decided)) {
        facts.seenDecided.add(decided);
        return { state: 'waiting', message: DECIDED_MEANWHILE };
      }
      return propose(ledger, { id, wish }, nowUnixMs);
    }
    if (record['status'] === 'open' && !isOver(record, nowUnixMs))
      return { state: 'open', approvals: Array.isArray(record['approvals']) ? record['approvals'].length : 0 };
    // Decided before and needed again (terms closed, then opened): the next attempt says so anew.
    decided = `${ledger.chainId}/${id}`;
  }
  return { state: 'refused', code: 'LIMIT', facts: `${PROPOSAL_ATTEMPTS_MAX} attempts` };
}

/** A ledger says of none that it has run out: nothing changes there by time alone, and it only refuses approvals of it. */
function isOver({ proposedAtUnixMs }: JsonObject, nowUnixMs: number): boolean {
  return typeof proposedAtUnixMs === 'number' && nowUnixMs >= proposedAtUnixMs + PROPOSAL_LIFE_MS;
}

/** The first id of a change under which members can decide it: its own open proposal's, or one never used; undefined once all are used up. */
export async function findFreeProposalId(ledger: ProposingLedger, change: JsonObject, nowUnixMs: number): Promise<string | undefined> {
  for (let attempt = 0; attempt < PROPOSAL_ATTEMPTS_MAX; attempt++) {
    const id = proposalId(change, attempt, nodeCrypto.sha256);
    const record = await findRecord(ledger.connection, `network.members/proposals/${id}`);
    // One that stands open is taken up: members need not decide twice.
    if (record === undefined || (record['status'] === 'open' && !isOver(record, nowUnixMs))) return id;
  }
  return undefined;
}

/** A proposal by its id, as the ledger has it. */
export async function findProposal(ledger: ProposingLedger, id: string, nowUnixMs: number): Promise<ObservedProposal> {
  const record = await findRecord(ledger.connection, `network.members/proposals/${id}`);
  const { approvals, failure } = record ?? {};
  return {
    status: record === undefined ? 'absent' : statusOf(record, nowUnixMs),
    approvals: Array.isArray(approvals) ? approvals.length : 0,
    failure: typeof failure === 'string' ? failure : '',
  };
}

/** One that was taken back holds its id as one that has run out does: nothing can be proposed under it again. */
function statusOf(record: JsonObject, nowUnixMs: number): ObservedProposal['status'] {
  const { status } = record;
  if (status === 'applied' || status === 'failed') return status;
  return status === 'open' && !isOver(record, nowUnixMs) ? 'open' : 'over';
}

/** Proposes under an id that was recorded before, so that a second try after a crash is refused as a duplicate and harms nothing. */
export function proposeAs(ledger: ProposingLedger, id: string, change: JsonObject, nowUnixMs: number): Promise<ProposalState> {
  return propose(ledger, { id, wish: { identity: change, build: () => Promise.resolve(change) } }, nowUnixMs);
}

/** Takes back an open proposal of the platform's. @returns the code with which the ledger refuses that: members may have decided meanwhile. */
export async function withdrawProposal(ledger: ProposingLedger, id: string, nowUnixMs: number): Promise<string | undefined> {
  const call = { contract: 'network.members@v1', method: 'withdraw', args: { proposal: id } };
  const outcome = await submitOperation(ledger, call, nowUnixMs);
  return outcome.ok ? undefined : outcome.refusal.code;
}

async function propose(
  ledger: ProposingLedger,
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
