import { encodeCanonical } from '@civitas/canon';
import type { ListProposalsResponse } from '@civitas/proto/civitas/node/v1/ledger';
import { proposalKey, SETTINGS_KEY } from '../../core/members/records.ts';
import type { LedgerHost } from '../ledger/ledger-host.ts';
import { PROPOSAL_PAGE_MAX } from './limits.ts';

/** What waits for founders now, and who they are. */
export function listProposals(ledger: Pick<LedgerHost, 'members' | 'read'>): ListProposalsResponse {
  const open = ledger.members.openProposals().map(({ id }) => ledger.read(proposalKey(id)));
  const records = open.filter((record) => record !== undefined);
  const oldest = records
    .sort((left, right) => Number(left['proposedAtUnixMs']) - Number(right['proposedAtUnixMs']))
    .slice(0, PROPOSAL_PAGE_MAX);
  const founders = ledger.members.all().filter(({ founder, roles }) => founder && !roles.includes('platform'));
  return {
    proposals: oldest.map((record) => encodeCanonical(record)),
    approvalThreshold: Number(ledger.read(SETTINGS_KEY)?.['approvalThreshold'] ?? 0),
    founders: founders.map(({ name }) => name),
  };
}
