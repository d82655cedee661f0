import { done, type Outcome, refused } from '@civitas/contracts';
import { Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import type { Execution } from '../ledger/execution.ts';
import { type SystemModule, systemMethod } from '../ledger/system-module.ts';
import { applyClientChange } from '../links/client-change.ts';
import { applyProtocolChange } from '../protocol/apply-protocol-change.ts';
import { rulesAt } from '../protocol/rules.ts';
import { applyValidatorChange } from '../validators/apply-validator-change.ts';
import { applyMembershipChange } from './apply-change.ts';
import { applyContractChange } from './apply-contract-change.ts';
import { type Change, ChangeSchema, EarlierChangeSchema } from './change.ts';
import { OPEN_PROPOSALS_MAX } from './limits.ts';
import { findOrganisation, findProposal, type ProposalRecord, proposalKey, proposalsOf, settingsOf } from './records.ts';
import { countedApprovals, isLive } from './standing-proposals.ts';

const closed = { additionalProperties: false };
const ProposalId = Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' });
const ProposalArgs = Type.Object({ id: Type.Optional(ProposalId), change: ChangeSchema }, closed);
const EarlierProposalArgs = Type.Object({ id: Type.Optional(ProposalId), change: EarlierChangeSchema }, closed);

function apply(execution: Execution, change: Change): Outcome {
  switch (change.kind) {
    case 'enrolOrganisation':
    case 'addKeys':
    case 'revokeKey':
    case 'setRoles':
    case 'setHpkeKey':
    case 'removeOrganisation':
      return applyMembershipChange(execution, change);
    case 'addValidator':
    case 'removeValidator':
    case 'rekeyValidator':
      return applyValidatorChange(execution, change);
    case 'activateProtocol':
    case 'cancelProtocol':
      return applyProtocolChange(execution, change);
    case 'callContract':
    case 'installPack':
      return applyContractChange(execution, change);
    default:
      return applyClientChange(execution, change);
  }
}

/** The outcome a change would have now; leaves nothing behind. */
function rehearse(execution: Execution, change: Change): Outcome {
  let outcome: Outcome = done();
  execution.savepoint((inner) => {
    outcome = apply(inner, change);
    return refused('STATE', {});
  });
  return outcome;
}

/** Whether one more proposal may stand open: of the ledger's, and of the caller's own. */
function checkRoom(execution: Execution): Outcome {
  const { height, timeUnixMs } = execution.block;
  const { organisation } = execution.operation.caller;
  const rules = rulesAt(execution.records, height);
  const open = proposalsOf(execution.records).filter((proposal) => isLive(proposal, rules, timeUnixMs));
  if (open.length >= OPEN_PROPOSALS_MAX) return refused('LIMIT', { limit: 'openProposals', openProposalsMax: OPEN_PROPOSALS_MAX }, 'retry');
  const own = open.filter(({ proposer }) => proposer === organisation).length;
  const ownMax = rules.openProposalsPerOrganisationMax;
  if (ownMax === undefined || own < ownMax) return done();
  return refused('LIMIT', { limit: 'openProposalsOfOrganisation', openProposalsMax: ownMax, organisation }, 'retry');
}

const propose = systemMethod({
  summary: 'Proposes a change of membership, validators, rules, contracts, a link’s client or its terms; founders then approve it.',
  args: ProposalArgs,
  argsOf: ({ canDecideCalls }) => (canDecideCalls ? ProposalArgs : EarlierProposalArgs),
  roles: ['platform', 'member'],
  refusals: [
    'DUPLICATE',
    'STATE',
    'RULE_UNMET',
    'NOT_AUTHORISED',
    'MALFORMED',
    'LIMIT',
    'PROOF_INVALID',
    'HEADER_UNKNOWN',
    'CLIENT_UNKNOWN',
    'CLIENT_NOT_ACTIVE',
    'UNKNOWN_METHOD',
    'ARGS_INVALID',
    'SIGNATURE_INVALID',
  ],
  run(execution, { id: given, change }) {
    // An operation hash is the source of ids that nobody chose: its first 22 characters are 16 bytes.
    const id = given ?? execution.operation.operationHash.slice(0, 22);
    if (findProposal(execution.records, id) !== undefined) return refused('DUPLICATE', { proposal: id });
    const room = checkRoom(execution);
    if (!room.ok) return room;
    const possible = rehearse(execution, change);
    if (!possible.ok) return possible;
    const { caller } = execution.operation;
    const proposal: ProposalRecord = {
      id,
      change,
      proposer: caller.organisation,
      approvals: [],
      status: 'open',
      failure: '',
      proposedAtUnixMs: execution.block.timeUnixMs,
    };
    execution.put(proposalKey(id), proposal);
    execution.emit('network.members', 'Proposed', { id, kind: change.kind, proposer: caller.organisation });
    return done({ proposal: id });
  },
});

function decide(execution: Execution, proposal: ProposalRecord): Outcome {
  const change: unknown = proposal.change;
  if (!Value.Check(ChangeSchema, change)) return refused('STATE', { reason: 'unknown-change', proposal: proposal.id });
  const applied = execution.savepoint((inner) => apply(inner, change));
  const status = applied.ok ? 'applied' : 'failed';
  execution.put(proposalKey(proposal.id), { ...proposal, status, failure: applied.ok ? '' : applied.refusal.code });
  execution.emit('network.members', applied.ok ? 'Applied' : 'Failed', { id: proposal.id, kind: change.kind });
  return done({ proposal: proposal.id, status, ...(applied.ok ? {} : { failure: applied.refusal.code }) });
}

const approve = systemMethod({
  summary: 'A founder approves a proposal, co-signed by one of its approvers; at the threshold the change is applied.',
  args: Type.Object({ proposal: ProposalId }, closed),
  roles: ['member'],
  coSignatures: 1,
  refusals: ['STATE', 'NOT_AUTHORISED', 'DUPLICATE'],
  run(execution, { proposal: id }) {
    const { caller } = execution.operation;
    const approver = findOrganisation(execution.records, caller.organisation);
    if (approver?.founder !== true) return refused('NOT_AUTHORISED', { reason: 'founders-approve', organisation: caller.organisation });
    if (approver.roles.includes('platform')) return refused('NOT_AUTHORISED', { reason: 'platform-approves-nothing' });
    if (!caller.coSigners.some(({ organisation }) => organisation === caller.organisation)) {
      return refused('NOT_AUTHORISED', { reason: 'own-approver-must-co-sign', organisation: caller.organisation });
    }
    const proposal = findProposal(execution.records, id);
    if (proposal === undefined) return refused('STATE', { reason: 'absent', proposal: id });
    if (proposal.status !== 'open') return refused('STATE', { reason: 'decided', proposal: id, status: proposal.status });
    const rules = rulesAt(execution.records, execution.block.height);
    if (!isLive(proposal, rules, execution.block.timeUnixMs)) return refused('STATE', { reason: 'expired', proposal: id });
    if (proposal.approvals.includes(caller.organisation)) return refused('DUPLICATE', { proposal: id, organisation: caller.organisation });
    const approved: ProposalRecord = { ...proposal, approvals: [...proposal.approvals, caller.organisation] };
    execution.emit('network.members', 'Approved', { id, organisation: caller.organisation });
    const { approvalThreshold } = settingsOf(execution.records);
    const approvals = countedApprovals(execution.records, approved, rules);
    if (approvals >= approvalThreshold) return decide(execution, approved);
    execution.put(proposalKey(id), approved);
    return done({ proposal: id, status: 'open', approvals, approvalThreshold });
  },
});

const withdraw = systemMethod({
  summary: 'Takes back an open proposal; only whoever made it may. From protocol version 2 on.',
  args: Type.Object({ proposal: ProposalId }, closed),
  roles: ['platform', 'member'],
  isInForce: ({ canWithdraw }) => canWithdraw,
  refusals: ['STATE', 'NOT_AUTHORISED'],
  run(execution, { proposal: id }) {
    const proposal = findProposal(execution.records, id);
    if (proposal === undefined) return refused('STATE', { reason: 'absent', proposal: id });
    const { organisation } = execution.operation.caller;
    if (proposal.proposer !== organisation) return refused('NOT_AUTHORISED', { reason: 'another-organisations-proposal', organisation });
    if (proposal.status !== 'open') return refused('STATE', { reason: 'decided', proposal: id, status: proposal.status });
    execution.put(proposalKey(id), { ...proposal, status: 'withdrawn' });
    execution.emit('network.members', 'Withdrawn', { id, kind: proposal.change['kind'] ?? '' });
    return done({ proposal: id, status: 'withdrawn' });
  },
});

/** Membership of the network: who belongs to it, with which keys and roles, and who decides. */
export const membersModule: SystemModule = {
  name: 'network.members',
  version: 'v1',
  summary: 'Organisations, keys and roles of this network, and what its founders decide together.',
  methods: { propose, approve, withdraw },
};
