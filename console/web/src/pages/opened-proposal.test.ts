import type { Inbox, Proposal } from '@civitas/console-contract';
import { describe, expect, test } from '@jest/globals';
import { openedProposal } from './opened-proposal.ts';

const aProposal = (some: Partial<Proposal> = {}): Proposal => ({
  id: 'p1',
  network: 'courts',
  kind: 'enrolOrganisation',
  change: {},
  subject: 'notary-1',
  proposer: 'court-1',
  proposedAtUnixMs: 0,
  status: 'open',
  failure: '',
  approvals: [],
  approvalsNeeded: 2,
  mayApprove: ['court-1'],
  ...some,
});

const anInbox = (proposals: readonly Proposal[], unreachable: string[] = []): Inbox => ({
  items: proposals.map((proposal) => ({
    id: proposal.id,
    kind: 'proposal',
    title: '',
    network: proposal.network,
    resource: '',
    since: '',
    actions: ['approve'],
    proposal,
  })),
  unreachable,
});

const PROPOSAL = aProposal();
const SEEN = { open: 'courts/p1', inbox: anInbox([]), isNewest: true, last: PROPOSAL, isApproving: false };
const OPEN = { kind: 'open', proposal: PROPOSAL };

describe('the proposal that the address says is open', () => {
  test('is the one of that network, as the inbox has it now', () => {
    const now = aProposal({ approvals: ['police-1'] });
    const inbox = anInbox([aProposal({ network: 'courts-2' }), now]);
    expect(openedProposal({ ...SEEN, inbox })).toEqual({ kind: 'open', proposal: now });
    expect(openedProposal({ ...SEEN, inbox, open: undefined })).toEqual({ kind: 'none' });
  });

  test.each([
    ['its network is out of reach', { inbox: anInbox([], ['courts']) }],
    ['a newer inbox is on its way or was lost', { isNewest: false }],
    ['there is no inbox yet', { inbox: undefined }],
    ['the person’s own approval is on its way', { isApproving: true }],
  ])('stays as it was seen last while %s', (_, some) => {
    expect(openedProposal({ ...SEEN, ...some })).toEqual(OPEN);
    expect(openedProposal({ ...SEEN, ...some, last: aProposal({ id: 'p2' }) })).toEqual({ kind: 'none' });
  });

  test('is decided once an inbox that asked its network has it no more', () => {
    expect(openedProposal(SEEN)).toEqual({ kind: 'decided', last: PROPOSAL });
    expect(openedProposal({ ...SEEN, inbox: anInbox([], ['health']) })).toEqual({ kind: 'decided', last: PROPOSAL });
    expect(openedProposal({ ...SEEN, inbox: anInbox([aProposal({ status: 'applied' })]) })).toMatchObject({ kind: 'decided' });
    expect(openedProposal({ ...SEEN, last: aProposal({ id: 'p2' }) })).toEqual({ kind: 'decided', last: undefined });
  });
});
