import { catalogueOf } from './metric.ts';

const RESULTS = ['ok', 'failed'] as const;

/** Families of `civitas-probe`, which runs in the relay and tries every network and every direction of a link once an interval. */
export const probeMetrics = catalogueOf({
  operations: {
    name: 'civitas_probe_operations_total',
    type: 'counter',
    unit: 'none',
    help: 'Synthetic operations by whether their receipt came within the deadline of a call.',
    labels: { network: '*', result: RESULTS },
  },
  operationSeconds: {
    name: 'civitas_probe_operation_duration_seconds',
    type: 'gauge',
    unit: 'seconds',
    help: 'From handing the last synthetic operation in to its receipt, or to giving up.',
    labels: { network: '*' },
  },
  packets: {
    name: 'civitas_probe_packets_total',
    type: 'counter',
    unit: 'none',
    help: 'Synthetic packets by whether the source proved its part and the destination accepted the header it is proven under.',
    labels: { source: '*', destination: '*', result: RESULTS },
  },
  packetSeconds: {
    name: 'civitas_probe_packet_duration_seconds',
    type: 'gauge',
    unit: 'seconds',
    help: "From asking the source for the last synthetic packet's proof to the destination's receipt, or to giving up.",
    labels: { source: '*', destination: '*' },
  },
});
