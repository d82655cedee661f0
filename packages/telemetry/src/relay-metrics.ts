import { catalogueOf } from './metric.ts';

const DIRECTION = { source: '*', destination: '*' } as const;

/** Families of a relay. Ages and counts come from ledger state, so they are right immediately after a restart. */
export const relayMetrics = catalogueOf({
  oldestAge: {
    name: 'civitas_relay_oldest_pending_age_seconds',
    type: 'gauge',
    unit: 'seconds',
    help: 'Age of the oldest unacknowledged packet of a direction; 0 when none is open.',
    labels: DIRECTION,
  },
  pending: {
    name: 'civitas_relay_packets_pending',
    type: 'gauge',
    unit: 'none',
    help: 'Unacknowledged packets of a direction by the step they wait for.',
    labels: { ...DIRECTION, step: ['receive', 'acknowledge', 'deferred', 'timeout'] },
  },
  packets: {
    name: 'civitas_relay_packets_total',
    type: 'counter',
    unit: 'none',
    help: 'Packets by what the ledgers answered.',
    labels: { ...DIRECTION, result: ['delivered', 'redelivered', 'refused', 'acknowledged', 'deferred', 'timed_out'] },
  },
  roundTripSeconds: {
    name: 'civitas_relay_round_trip_seconds',
    type: 'histogram',
    unit: 'seconds',
    help: 'From a packet being sent (block time) to its final acknowledgement at the source (block time).',
    labels: DIRECTION,
    buckets: [0.1, 0.2, 0.3, 0.6, 1, 1.5, 3, 10, 60],
  },
  clientLag: {
    name: 'civitas_relay_client_lag_seconds',
    type: 'gauge',
    unit: 'seconds',
    help: "Header time by which the destination's client trails the source.",
    labels: DIRECTION,
  },
  clientUpdates: {
    name: 'civitas_relay_client_updates_total',
    type: 'counter',
    unit: 'none',
    help: "Headers brought to a destination's client.",
    labels: DIRECTION,
  },
  errors: {
    name: 'civitas_relay_errors_total',
    type: 'counter',
    unit: 'none',
    help: 'Passes over a direction that ended early.',
    labels: { ...DIRECTION, reason: ['unavailable', 'refused', 'lease', 'fault'] },
  },
  leaseHeld: {
    name: 'civitas_relay_lease_held',
    type: 'gauge',
    unit: 'none',
    help: '1 while this relay holds the lease of a direction.',
    labels: DIRECTION,
  },
  passSeconds: {
    name: 'civitas_relay_pass_seconds',
    type: 'histogram',
    unit: 'seconds',
    help: 'Duration of one pass over a direction.',
    labels: DIRECTION,
    buckets: [0.005, 0.02, 0.05, 0.1, 0.3, 1, 3],
  },
});
