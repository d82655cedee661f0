import { parseCanonical } from '@civitas/canon';
import { expect, test } from '@jest/globals';
import { aFakeLedger, aGenesis } from '../testing/fake-ledger.ts';
import { listProposals } from './list-proposals.ts';

test('open proposals come oldest first, with the threshold and the founders that may approve', () => {
  const members = [
    { name: 'platform', roles: ['platform'], keys: [] },
    { name: 'hospital-1', roles: ['member'], keys: [] },
  ];
  const ledger = aFakeLedger(aGenesis('jincheng-health-1', members));
  const proposal = (id: string, proposedAtUnixMs: number) => ({
    id,
    proposer: 'platform',
    approvals: [],
    change: { kind: 'revokeKey' },
    proposedAtUnixMs,
  });
  ledger.records.set('network.members/settings/network', { approvalThreshold: 2 });
  ledger.records.set('network.members/proposals/late', proposal('late', 9));
  ledger.records.set('network.members/proposals/early', proposal('early', 3));
  const open = ['late', 'early', 'gone'].map((id) => ({ id, approvals: [], change: {} }));
  const listed = listProposals({ ...ledger, members: { ...ledger.members, all: () => ledger.members.all(), openProposals: () => open } });

  const ids = listed.proposals.map((bytes) => {
    const parsed = parseCanonical(bytes, 10_000);
    return parsed.ok ? parsed.value : undefined;
  });
  expect(ids).toMatchObject([{ id: 'early' }, { id: 'late' }]);
  expect(listed).toMatchObject({ approvalThreshold: 2, founders: ['hospital-1'] });
});
