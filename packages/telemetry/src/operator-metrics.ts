import { catalogueOf } from './metric.ts';

/** Conditions that somebody watches; the others are for `kubectl civitas why`. */
export const NETWORK_CONDITIONS = [
  'Available',
  'BackupHealthy',
  'CertificatesValid',
  'Degraded',
  'FullRedundancy',
  'Hibernated',
  'Progressing',
  'QuorumHealthy',
  'StorageHealthy',
] as const;
export const LINK_CONDITIONS = ['ClientFresh', 'Flowing', 'Frozen'] as const;
export const AGENCY_CONDITIONS = ['ClientsCertified', 'IdentityReady', 'QuotaExceeded'] as const;

/** `network` is the chain id, as on every other series about a network; `resource` is `namespace/name` of the LedgerNetwork. */
const NETWORK = { network: '*', resource: '*' } as const;

/** Families of the operator under our own names: what it knows of ledgers, live. They end with the resource they are about. */
export const operatorMetrics = catalogueOf({
  networkCondition: {
    name: 'civitas_operator_network_condition',
    type: 'gauge',
    unit: 'none',
    help: '1 when a condition of a LedgerNetwork is True, else 0.',
    labels: { ...NETWORK, condition: NETWORK_CONDITIONS },
  },
  networkHeight: {
    name: 'civitas_operator_network_height',
    type: 'gauge',
    unit: 'none',
    help: 'Last height a network answered with.',
    labels: NETWORK,
  },
  validatorsServing: {
    name: 'civitas_operator_validators_serving',
    type: 'gauge',
    unit: 'none',
    help: 'Validators of a network that serve.',
    labels: NETWORK,
  },
  validatorsInSet: {
    name: 'civitas_operator_validators_in_set',
    type: 'gauge',
    unit: 'none',
    help: 'Validators of a network as its ledger has them.',
    labels: NETWORK,
  },
  spareFaults: {
    name: 'civitas_operator_spare_faults',
    type: 'gauge',
    unit: 'none',
    help: 'Further validators that may fail now before a network stands still.',
    labels: NETWORK,
  },
  certificateNotAfter: {
    name: 'civitas_operator_certificate_not_after_timestamp_seconds',
    type: 'gauge',
    unit: 'unix_seconds',
    help: 'When the first certificate of a network ends.',
    labels: NETWORK,
  },
  authorityOverdue: {
    name: 'civitas_operator_authority_overdue_seconds',
    type: 'gauge',
    unit: 'seconds',
    help: 'By how much a step of a roll-over of a certificate authority is late, the most of any network; 0 where none is under way.',
    labels: {},
  },
  networkReadySeconds: {
    name: 'civitas_operator_network_ready_seconds',
    type: 'histogram',
    unit: 'seconds',
    help: 'From the creation of a LedgerNetwork to its being available for the first time, against the five minutes that are promised; one that comes back to its old data is not counted.',
    labels: {},
    buckets: [300],
  },
  linkCondition: {
    name: 'civitas_operator_link_condition',
    type: 'gauge',
    unit: 'none',
    help: '1 when a condition of a LedgerLink (namespace/name) is True, else 0.',
    labels: { link: '*', condition: LINK_CONDITIONS },
  },
  agencyCondition: {
    name: 'civitas_operator_agency_condition',
    type: 'gauge',
    unit: 'none',
    help: '1 when a condition of an Agency is True, else 0.',
    labels: { agency: '*', condition: AGENCY_CONDITIONS },
  },
});
