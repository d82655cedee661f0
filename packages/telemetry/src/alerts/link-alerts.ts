import type { Alert } from './alert.ts';

/** What passes between networks. */
export const linkAlerts: readonly Alert[] = [
  {
    name: 'CivitasLinkStuck',
    severity: 'warning',
    expr: 'civitas_relay_oldest_pending_age_seconds > $ageSeconds',
    waits: { ageSeconds: 60 },
    forSeconds: 60,
    summary: 'A packet from {{ $labels.source }} to {{ $labels.destination }} has waited {{ $value | humanizeDuration }}',
    description:
      'The relay cannot deliver it, or its acknowledgement cannot come back. The sender is refunded or told when the packet times out; nothing is lost meanwhile.',
  },
  {
    name: 'CivitasPacketUnattended',
    severity: 'critical',
    expr: 'civitas_link_oldest_packet_age_seconds > $ageSeconds',
    waits: { ageSeconds: 900 },
    forSeconds: 60,
    summary: '{{ $labels.network }} sent {{ $labels.peer }} a packet {{ $value | humanizeDuration }} ago that nobody answered',
    description: 'The sender’s own ledger says so, whether a relay runs or not. Deadlines of a case may pass before it goes on.',
  },
  {
    name: 'CivitasLinkFrozen',
    severity: 'critical',
    expr: 'civitas_operator_link_condition{condition="Frozen"} == 1',
    forSeconds: 0,
    summary: 'The link {{ $labels.link }} is frozen',
    description:
      'A person froze it, or two certified headers of one height were seen: then the other chain contradicted itself, and nothing of it is believed until its governors say which history holds.',
  },
  {
    name: 'CivitasLinkClientFrozen',
    severity: 'critical',
    expr: 'civitas_link_client_status{status="Frozen"} == 1',
    forSeconds: 0,
    summary: '{{ $labels.network }} believes nothing more of {{ $labels.peer }}',
    description:
      'The ledger itself froze its client of the other chain. Packets from there are refused until governors name a trusted header.',
  },
  {
    name: 'CivitasLinkClientExpired',
    severity: 'critical',
    expr: 'civitas_link_client_status{status="Stale"} == 1',
    forSeconds: 0,
    summary: '{{ $labels.network }} has seen no header of {{ $labels.peer }} for longer than it may trust one',
    description: 'Old validators could show a false history, so it takes no header by proof any more. Governors have to name one.',
  },
  {
    name: 'CivitasLinkNotFlowing',
    severity: 'warning',
    expr: 'civitas_operator_link_condition{condition="Flowing"} == 0',
    forSeconds: 600,
    summary: 'Packets do not pass the link {{ $labels.link }} in time',
    description: 'The operator asks both networks. One of them stands still, the relay is gone, or a client is out of date.',
  },
  {
    name: 'CivitasLinkClientStale',
    severity: 'warning',
    expr: 'civitas_operator_link_condition{condition="ClientFresh"} == 0',
    forSeconds: 900,
    summary: 'An end of the link {{ $labels.link }} has seen no recent header of the other',
    description:
      'A client that trails beyond its trusting period can no longer be brought up to date by proof; people then have to name a header.',
  },
  {
    name: 'CivitasRelayGone',
    severity: 'critical',
    expr: 'absent(up{job="civitas-relay"} == 1)',
    forSeconds: 120,
    summary: 'No relay of the city runs',
    description: 'Nothing passes between networks. Packets wait in the outbox of their ledger; a relay that comes back goes on from there.',
  },
  {
    name: 'CivitasRelayLeaseMissing',
    severity: 'warning',
    expr: 'max by (source, destination) (civitas_relay_lease_held) == 0',
    forSeconds: 300,
    summary: 'No relay serves packets from {{ $labels.source }} to {{ $labels.destination }}',
    description:
      'Relays run, and none holds the lease of this direction: they cannot reach the destination, or a dead one’s lease has not ended.',
  },
  {
    name: 'CivitasRelayErrors',
    severity: 'warning',
    expr: 'sum by (source, destination, reason) (increase(civitas_relay_errors_total{reason=~"unavailable|fault|refused"}[$window])) > $passes',
    limits: { passes: 10 },
    windows: { window: 600 },
    forSeconds: 300,
    summary: '{{ $value }} passes from {{ $labels.source }} to {{ $labels.destination }} ended early ({{ $labels.reason }})',
    description: 'The relay goes on by itself once the reason is gone; what waits is in state, not in the relay.',
  },
  {
    name: 'CivitasPacketsTimedOut',
    severity: 'warning',
    expr: 'sum by (source, destination) (increase(civitas_relay_packets_total{result="timed_out"}[$window])) > 0',
    windows: { window: 1800 },
    forSeconds: 0,
    summary: 'Packets from {{ $labels.source }} to {{ $labels.destination }} timed out',
    description: 'Their senders were told by proof and undid what they had set aside. The case that sent them goes another way.',
  },
  {
    name: 'CivitasPacketsPiling',
    severity: 'warning',
    expr: 'sum by (source, destination) (civitas_relay_packets_pending{step=~"receive|acknowledge|timeout"}) > $packets',
    limits: { packets: 200 },
    forSeconds: 300,
    summary: '{{ $value }} packets from {{ $labels.source }} to {{ $labels.destination }} are on their way',
    description: 'More is sent than delivered. Packets whose answer a person owes are not among them.',
  },
];
