import { type AlertCase, type AlertCases, fires, growing, type Series, silent, steady } from './alert-case.ts';

const way = 'source="a", destination="b"';
const condition = (type: string, bad: 0 | 1): readonly AlertCase[] => {
  const at = (value: number): Series => steady(`civitas_operator_link_condition{link="c/l", condition="${type}"}`, value);
  return [fires(at(bad)), silent(at(1 - bad))];
};
const client = (status: string, value: number): Series =>
  steady(`civitas_link_client_status{network="n", peer="p", status="${status}"}`, value);
const pending = (step: string, value: number): Series => steady(`civitas_relay_packets_pending{${way}, step="${step}"}`, value);

export const linkCases: AlertCases = {
  CivitasLinkStuck: [
    fires(steady(`civitas_relay_oldest_pending_age_seconds{${way}}`, 70)),
    silent(steady(`civitas_relay_oldest_pending_age_seconds{${way}}`, 50)),
  ],
  CivitasPacketUnattended: [
    fires(steady('civitas_link_oldest_packet_age_seconds{network="n", node="n-0", peer="p"}', 1000)),
    silent(steady('civitas_link_oldest_packet_age_seconds{network="n", node="n-0", peer="p"}', 800)),
  ],
  CivitasLinkFrozen: condition('Frozen', 1),
  CivitasLinkClientFrozen: [fires(client('Frozen', 1)), silent(client('Frozen', 0), client('Active', 1))],
  CivitasLinkClientExpired: [fires(client('Stale', 1)), silent(client('Stale', 0), client('Active', 1))],
  CivitasLinkNotFlowing: condition('Flowing', 0),
  CivitasLinkClientStale: condition('ClientFresh', 0),
  CivitasRelayGone: [
    fires(steady('up{job="civitas-relay", instance="r"}', 0)),
    fires(steady('up{job="civitas-node", instance="n"}', 1)),
    silent(steady('up{job="civitas-relay", instance="r"}', 1)),
  ],
  CivitasRelayLeaseMissing: [
    fires(steady(`civitas_relay_lease_held{${way}, instance="r0"}`, 0), steady(`civitas_relay_lease_held{${way}, instance="r1"}`, 0)),
    silent(steady(`civitas_relay_lease_held{${way}, instance="r0"}`, 0), steady(`civitas_relay_lease_held{${way}, instance="r1"}`, 1)),
  ],
  CivitasRelayErrors: [
    fires(growing(`civitas_relay_errors_total{${way}, reason="unavailable"}`, 0.6)),
    silent(growing(`civitas_relay_errors_total{${way}, reason="unavailable"}`, 0.4)),
    silent(growing(`civitas_relay_errors_total{${way}, reason="lease"}`, 10)),
  ],
  CivitasPacketsTimedOut: [
    fires([`civitas_relay_packets_total{${way}, result="timed_out"}`, '0x40 2x80']),
    silent(
      [`civitas_relay_packets_total{${way}, result="timed_out"}`, '2x120'],
      growing(`civitas_relay_packets_total{${way}, result="acknowledged"}`, 5),
    ),
  ],
  CivitasPacketsPiling: [
    fires(pending('receive', 150), pending('acknowledge', 90)),
    silent(pending('receive', 100), pending('acknowledge', 60), pending('deferred', 1000)),
  ],
};

export const probeCases: AlertCases = {
  CivitasProbeOperationsFailing: [
    fires(growing('civitas_probe_operations_total{network="n", result="failed"}', 0.5)),
    silent(growing('civitas_probe_operations_total{network="n", result="failed"}', 0.3)),
  ],
  CivitasProbePacketsFailing: [
    fires(growing(`civitas_probe_packets_total{${way}, result="failed"}`, 0.5)),
    silent(growing(`civitas_probe_packets_total{${way}, result="failed"}`, 0.3)),
  ],
  CivitasProbeSlow: [
    fires(steady('civitas_probe_operation_duration_seconds{network="n"}', 4)),
    silent(steady('civitas_probe_operation_duration_seconds{network="n"}', 2.5)),
  ],
};
