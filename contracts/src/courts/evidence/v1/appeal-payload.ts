import { Commitment, fields, Id, integer, oneOf, orNull, PositiveFen, UnixMs } from '../../../schema.ts';

/** An appeal as the fining ledger sends it: what is contested, and the evidence's commitment. */
export const AppealPayload = fields({
  kind: oneOf('appeal'),
  fine: Id,
  evidence: orNull(Commitment),
  capturedUnixMs: UnixMs,
  article: integer(1, 100_000),
  amountFen: PositiveFen,
  appealedUnixMs: UnixMs,
});
