import { type AlertCase, type AlertCases, fires, type Series, silent, steady } from './alert-case.ts';

const n0 = '{network="n", node="n-0"}';
const n1 = '{network="n", node="n-1"}';

/** A condition of a network that is False, then one that is True. */
const condition = (type: string, bad: 0 | 1 = 0): readonly AlertCase[] => {
  const at = (value: number): Series => steady(`civitas_operator_network_condition{network="n", condition="${type}"}`, value);
  return [fires(at(bad)), silent(at(1 - bad))];
};

/** The same of a network that may have been put to sleep. */
const wakingCondition = (type: string): readonly AlertCase[] => {
  const of = (name: string, value: number): Series =>
    steady(`civitas_operator_network_condition{network="n", resource="c/n", condition="${name}"}`, value);
  return [fires(of(type, 0), of('Hibernated', 0)), fires(of(type, 0)), silent(of(type, 1)), silent(of(type, 0), of('Hibernated', 1))];
};

export const chainCases: AlertCases = {
  CivitasChainStalled: [
    fires([`civitas_block_timestamp_seconds${n0}`, '-70+30x120']),
    silent([`civitas_block_timestamp_seconds${n0}`, '-50+30x120']),
  ],
  CivitasEngineHalted: [fires(steady(`civitas_engine_halted${n0}`, 1)), silent(steady(`civitas_engine_halted${n0}`, 0))],
  CivitasQuorumLost: wakingCondition('QuorumHealthy'),
  CivitasRedundancyLost: wakingCondition('FullRedundancy'),
  CivitasSpareFaultsUsedUp: [
    fires(steady('civitas_operator_spare_faults{network="n"}', 0), steady('civitas_operator_validators_in_set{network="n"}', 4)),
    silent(steady('civitas_operator_spare_faults{network="n"}', 1), steady('civitas_operator_validators_in_set{network="n"}', 4)),
    silent(steady('civitas_operator_spare_faults{network="n"}', 0), steady('civitas_operator_validators_in_set{network="n"}', 3)),
  ],
  CivitasValidatorNotSigning: [fires(steady(`civitas_signing${n0}`, 0)), silent(steady(`civitas_signing${n0}`, 1))],
  CivitasValidatorMisbehaved: [
    fires(steady('civitas_validator_misbehaviours{network="n", standing="in-set"}', 1)),
    silent(steady('civitas_validator_misbehaviours{network="n", standing="in-set"}', 0)),
    silent(steady('civitas_validator_misbehaviours{network="n", standing="removed"}', 1)),
  ],
  CivitasRoundsHigh: [fires(steady(`civitas_engine_round${n0}`, 3)), silent(steady(`civitas_engine_round${n0}`, 2))],
  CivitasNodeNotCaughtUp: [fires(steady(`civitas_caught_up${n0}`, 0)), silent(steady(`civitas_caught_up${n0}`, 1))],
  CivitasNodeLagging: [
    fires(steady(`civitas_block_height${n0}`, 100), steady(`civitas_block_height${n1}`, 75)),
    silent(steady(`civitas_block_height${n0}`, 100), steady(`civitas_block_height${n1}`, 85)),
  ],
  CivitasPeersTooFew: [
    // Of nine others 6.03 are the share; 5 fires, 7 does not, and 9 would at half as much again.
    fires(steady(`civitas_peers${n0}`, 5), steady(`civitas_validators${n0}`, 10)),
    silent(steady(`civitas_peers${n0}`, 7), steady(`civitas_validators${n0}`, 10)),
    silent(steady(`civitas_peers${n0}`, 0), steady(`civitas_validators${n0}`, 1)),
  ],
  CivitasNodeUnwell: [fires(steady(`civitas_unwell${n0}`, 1)), silent(steady(`civitas_unwell${n0}`, 0))],
  CivitasGenesisMismatch: [fires(steady(`civitas_genesis_mismatch${n0}`, 1)), silent(steady(`civitas_genesis_mismatch${n0}`, 0))],
  CivitasAwaitingUpgrade: [fires(steady(`civitas_awaiting_upgrade${n0}`, 1)), silent(steady(`civitas_awaiting_upgrade${n0}`, 0))],
  CivitasNetworkUnavailable: wakingCondition('Available'),
};

const step = (name: string, fastPart: number): readonly Series[] =>
  ['0.5', '1', '2', '+Inf'].map((le) => [
    `civitas_block_commit_seconds_bucket{network="n", node="n-0", step="${name}", le="${le}"}`,
    `0+${le === '0.5' && name === 'persist' ? fastPart : le === '1' && name === 'execute' ? fastPart : le === '0.5' ? 0 : 100}x120`,
  ]);
const volume = (free: string, size = '100x120'): readonly Series[] => [
  [`civitas_volume_free_bytes${n0}`, free],
  [`civitas_volume_size_bytes${n0}`, size],
];
const snapshots = (result: string, values: string): Series => [
  `civitas_snapshots_total{network="n", node="n-0", result="${result}"}`,
  values,
];

export const storageCases: AlertCases = {
  CivitasStorageUnhealthy: condition('StorageHealthy'),
  CivitasBackupUnhealthy: condition('BackupHealthy'),
  CivitasVolumeFilling: [fires(...volume('18x120')), silent(...volume('22x120'))],
  CivitasVolumeAlmostFull: [
    fires(...volume('40000000000x120', '1000000000000x120')),
    silent(...volume('60000000000x120', '1000000000000x120')),
    fires(...volume('120000000x120', '1000000000x120')),
    silent(...volume('150000000x120', '1000000000x120')),
  ],
  // 40 bytes are left at ten hours; at this pace −1.2, or 2, are left a day later.
  CivitasVolumeFullSoon: [
    { fires: true, series: volume('57.16667-0.286111x70', '100x70'), interval: '10m', at: '10h' },
    { fires: false, series: volume('55.8333-0.26389x70', '100x70'), interval: '10m', at: '10h' },
    { fires: false, series: volume('100-0.7x70', '100x70'), interval: '10m', at: '10h' },
  ],
  // 2 % above the bound put the 99th percentile above it; none do not. Between two bounds it is read off a straight line.
  CivitasDiskSlow: [fires(...step('persist', 98.5)), silent(...step('persist', 100))],
  CivitasExecutionSlow: [fires(...step('execute', 98)), silent(...step('execute', 100))],
  CivitasSnapshotFailing: [fires(snapshots('no-room', '0x40 2x80')), silent(snapshots('no-room', '2x120'), snapshots('taken', '0+1x120'))],
};
