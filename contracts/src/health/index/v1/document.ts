import { Type } from '@sinclair/typebox';
import { Commitment, fields, Id, oneOf, orNull, Subject } from '../../../schema.ts';

/** FHIR R4 resource types that are indexed. */
export const DOCUMENT_KINDS = [
  'Encounter',
  'Condition',
  'Observation',
  'DiagnosticReport',
  'ImagingStudy',
  'Procedure',
  'Immunization',
  'Claim',
  'ExplanationOfBenefit',
  'MedicationRequest',
  'CarePlan',
  'CareTeam',
  'AllergyIntolerance',
  'DocumentReference',
  'Goal',
  'Device',
  'Medication',
  'MedicationAdministration',
  'Provenance',
  'SupplyDelivery',
] as const;

/** The vault's own name of a stored value; opaque here. */
export const VaultReference = Type.String({ pattern: '^[A-Za-z0-9_.:-]{1,64}$', maxLength: 64, privacy: 'pseudonym' });

/** One clinical document: what it says stays in the custodian's vault, here stand salted commitments. */
export const Document = fields({
  /** HMAC of the custodian's key over system, identifier and version: the same resource has the same id at every ingest. */
  id: Id,
  subject: Subject,
  kind: oneOf(...DOCUMENT_KINDS),
  /** Commitment of the digest of the document's bytes. */
  digest: Commitment,
  /** Commitment of its class (code). */
  class: Commitment,
  /** Commitment of the period it speaks of. */
  period: Commitment,
  reference: orNull(VaultReference),
});
