import { PredicateCode, PurposeCode } from '../../../purpose.ts';
import { Bytes32, Commitment, fields, integer, Name, oneOf, Subject, UnixMs } from '../../../schema.ts';
import { USES_MAX } from './limits.ts';

/** What a citizen signs to grant: who may ask whom one question, for which purpose, how often, until when. */
export const GrantDocument = fields({
  chainId: Name,
  custodian: Name,
  /** What the citizen was shown, committed: its text never stands here. */
  detail: Commitment,
  expiresAtUnixMs: UnixMs,
  keyId: Bytes32,
  kind: oneOf('consent'),
  nonce: Bytes32,
  predicate: PredicateCode,
  purpose: PurposeCode,
  requester: Name,
  /** Chain id of the ledger that asks. */
  requesterNetwork: Name,
  /** Chain id of the ledger that answers. */
  source: Name,
  subject: Subject,
  usesMax: integer(1, USES_MAX),
});

/** What a citizen signs to withdraw. */
export const WithdrawalDocument = fields({ chainId: Name, consent: Bytes32, kind: oneOf('consent-withdrawal'), nonce: Bytes32 });
