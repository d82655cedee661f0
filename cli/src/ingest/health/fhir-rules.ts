/** What FHIR R4 requires of the resources we take (hl7.org/fhir/R4, cardinality 1..*), and where each says when it happened. */
export interface ResourceRule {
  /** Elements that must be there; `occurrence[x]` means any element that starts so. */
  readonly required: readonly string[];
  /** Allowed values of `status`, for required bindings. */
  readonly statuses?: readonly string[];
  /** Element that points to the patient. */
  readonly subject: 'subject' | 'patient';
  /** Elements that give the period, the first one present wins. */
  readonly when: readonly string[];
}

const OBSERVATION_STATUSES = ['registered', 'preliminary', 'final', 'amended', 'corrected', 'cancelled', 'entered-in-error', 'unknown'];
const REPORT_STATUSES = [...OBSERVATION_STATUSES, 'partial', 'appended'];
const EVENT_STATUSES = ['preparation', 'in-progress', 'not-done', 'on-hold', 'stopped', 'completed', 'entered-in-error', 'unknown'];
const FINANCIAL_STATUSES = ['active', 'cancelled', 'draft', 'entered-in-error'];
const REQUEST_STATUSES = ['draft', 'active', 'on-hold', 'revoked', 'cancelled', 'stopped', 'completed', 'entered-in-error', 'unknown'];

export const RESOURCE_RULES: Readonly<Record<string, ResourceRule>> = {
  AllergyIntolerance: { required: ['patient'], subject: 'patient', when: ['onsetDateTime', 'recordedDate'] },
  CarePlan: { required: ['status', 'intent', 'subject'], statuses: REQUEST_STATUSES, subject: 'subject', when: ['period', 'created'] },
  CareTeam: { required: ['subject'], subject: 'subject', when: ['period'] },
  Claim: {
    required: ['status', 'type', 'use', 'patient', 'created', 'provider', 'priority', 'insurance'],
    statuses: FINANCIAL_STATUSES,
    subject: 'patient',
    when: ['billablePeriod', 'created'],
  },
  Condition: { required: ['subject'], subject: 'subject', when: ['onsetPeriod', 'onsetDateTime', 'recordedDate'] },
  DiagnosticReport: {
    required: ['status', 'code', 'subject'],
    statuses: REPORT_STATUSES,
    subject: 'subject',
    when: ['effectivePeriod', 'effectiveDateTime', 'issued'],
  },
  DocumentReference: {
    required: ['status', 'content', 'subject'],
    statuses: ['current', 'superseded', 'entered-in-error'],
    subject: 'subject',
    when: ['date'],
  },
  Encounter: {
    required: ['status', 'class', 'subject'],
    statuses: ['planned', 'arrived', 'triaged', 'in-progress', 'onleave', 'finished', 'cancelled', 'entered-in-error', 'unknown'],
    subject: 'subject',
    when: ['period'],
  },
  ExplanationOfBenefit: {
    required: ['status', 'type', 'use', 'patient', 'created', 'insurer', 'provider', 'outcome', 'insurance'],
    statuses: FINANCIAL_STATUSES,
    subject: 'patient',
    when: ['billablePeriod', 'created'],
  },
  Goal: { required: ['lifecycleStatus', 'description', 'subject'], subject: 'subject', when: ['startDate', 'statusDate'] },
  ImagingStudy: {
    required: ['status', 'subject'],
    statuses: ['registered', 'available', 'cancelled', 'entered-in-error', 'unknown'],
    subject: 'subject',
    when: ['started'],
  },
  Immunization: {
    required: ['status', 'vaccineCode', 'patient', 'occurrence[x]'],
    statuses: ['completed', 'entered-in-error', 'not-done'],
    subject: 'patient',
    when: ['occurrenceDateTime', 'recorded'],
  },
  MedicationAdministration: {
    required: ['status', 'medication[x]', 'subject', 'effective[x]'],
    statuses: ['in-progress', 'not-done', 'on-hold', 'completed', 'entered-in-error', 'stopped', 'unknown'],
    subject: 'subject',
    when: ['effectivePeriod', 'effectiveDateTime'],
  },
  MedicationRequest: {
    required: ['status', 'intent', 'medication[x]', 'subject'],
    statuses: REQUEST_STATUSES,
    subject: 'subject',
    when: ['authoredOn'],
  },
  Observation: {
    required: ['status', 'code', 'subject'],
    statuses: OBSERVATION_STATUSES,
    subject: 'subject',
    when: ['effectivePeriod', 'effectiveDateTime', 'effectiveInstant', 'issued'],
  },
  Procedure: {
    required: ['status', 'subject'],
    statuses: EVENT_STATUSES,
    subject: 'subject',
    when: ['performedPeriod', 'performedDateTime'],
  },
};

/** Resources about places and staff, which concern no patient: read, counted, not indexed. */
export const NOT_INDEXED: readonly string[] = [
  'Organization',
  'Practitioner',
  'PractitionerRole',
  'Location',
  'Medication',
  'Device',
  'Provenance',
  'SupplyDelivery',
];

export const BUNDLE_TYPES: readonly string[] = ['document', 'transaction', 'batch', 'history', 'searchset', 'collection'];

/** Logical ids of FHIR R4. */
export const RESOURCE_ID = /^[A-Za-z0-9\-.]{1,64}$/;

/** FHIR R4 `dateTime`: year, month, day or a full time with its zone. */
export const FHIR_DATE_TIME =
  /^\d{4}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01])(?:T(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2}))?)?)?$/;
