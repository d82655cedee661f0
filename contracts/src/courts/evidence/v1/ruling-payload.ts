import { fields, Id, listOf, oneOf } from '../../../schema.ts';
import { REASONS_MAX } from './limits.ts';

export const RulingReason = oneOf(
  'evidence-insufficient',
  'evidence-sufficient',
  'calibration-lapsed',
  'identity-mistaken',
  'procedure-flawed',
  'hardship',
);
export const RulingOutcome = oneOf('waive', 'uphold');

/** What the court's ledger tells the fining ledger. */
export const RulingPayload = fields({
  kind: oneOf('ruling'),
  item: Id,
  fine: Id,
  outcome: RulingOutcome,
  reasons: listOf(RulingReason, REASONS_MAX, 1),
});
