import { BACKUP_REASONS } from './backup-reasons.ts';
import { CHANGE_REASONS } from './change-reasons.ts';
import { CITY_REASONS } from './city-reasons.ts';
import { MEMBER_REASONS } from './member-reasons.ts';
import { NETWORK_REASONS } from './network-reasons.ts';
import { NODE_REASONS } from './node-reasons.ts';
import { OPERATION_REASONS } from './operation-reasons.ts';
import { POLICY_REASONS } from './policy-reasons.ts';
import type { ReasonText, ReasonTexts } from './reason.ts';
import { ROLLOUT_REASONS } from './rollout-reasons.ts';
import { SERVICE_REASONS } from './service-reasons.ts';

export { CONDITIONS } from './conditions.ts';

/** Every reason that the operator sets, by what it is about; a reason stands in one of them. */
export const REASON_TABLES: readonly { readonly title: string; readonly reasons: ReasonTexts }[] = [
  { title: 'Networks', reasons: NETWORK_REASONS },
  { title: 'Rolls, releases and storage', reasons: ROLLOUT_REASONS },
  { title: 'Operations', reasons: OPERATION_REASONS },
  { title: 'Changes of validators', reasons: CHANGE_REASONS },
  { title: 'Nodes', reasons: NODE_REASONS },
  { title: 'The city, links and agencies', reasons: CITY_REASONS },
  { title: 'Grants, memberships and removals', reasons: MEMBER_REASONS },
  { title: 'Backups', reasons: BACKUP_REASONS },
  { title: 'Policies and packs', reasons: POLICY_REASONS },
  { title: 'What others bring', reasons: SERVICE_REASONS },
];

const BY_REASON: ReadonlyMap<string, ReasonText> = new Map(REASON_TABLES.flatMap(({ reasons }) => Object.entries(reasons)));

export function reasonText(reason: string): ReasonText | undefined {
  return BY_REASON.get(reason);
}
