import { BasisCode, PurposeCode } from '../../../purpose.ts';
import { Bytes32, fields, Handle, Id, Name, oneOf, orNull, UnixMs } from '../../../schema.ts';

/** What a domain tells `city` of one access: enough to show it to the citizen, nothing that joins two ledgers' subjects. */
export const DigestPayload = fields({
  kind: oneOf('digest'),
  /** Id of the access record on its own ledger. */
  record: Id,
  /** Consumption of the consent that allowed it, when there was one: city finds the subject by it. */
  requestHash: orNull(Bytes32),
  /** Registrar's per-access handle, when there was no consent. */
  handle: orNull(Handle),
  custodian: Name,
  requester: Name,
  requesterNetwork: Name,
  purpose: PurposeCode,
  basis: BasisCode,
  /** Predicate asked, or `documents` for a clinician's own reading. */
  what: Name,
  atUnixMs: UnixMs,
  disclosure: oneOf('immediate', 'delayed'),
  /** Shown to the citizen from then on. */
  visibleFromUnixMs: UnixMs,
});
