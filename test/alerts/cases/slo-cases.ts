import type { AlertCase, Series } from './alert-case.ts';

/** A stretch of time with so many events a minute and a share of bad ones. */
interface Phase {
  readonly minutes: number;
  readonly perMinute: number;
  readonly bad: number;
}

/** A counter over phases, a sample each minute, or each five for a ticket. */
function counter(selector: string, phases: readonly Phase[], rateOf: (phase: Phase) => number): Series {
  let value = 0;
  const parts = phases.map((phase) => {
    const rate = rateOf(phase);
    const part = `${value}+${rate}x${phase.minutes - 1}`;
    value += rate * phase.minutes;
    return part;
  });
  return [selector, parts.join(' ')];
}

const good = ({ perMinute, bad }: Phase): number => Number((perMinute * (1 - bad)).toFixed(6));
const wrong = ({ perMinute, bad }: Phase): number => Number((perMinute * bad).toFixed(6));
const all = ({ perMinute }: Phase): number => perMinute;

/** Good and bad events of each promise as its metrics show them. */
const SERIES: Readonly<Record<string, (phases: readonly Phase[]) => readonly Series[]>> = {
  operations: (phases) => [
    counter('civitas_operations_total{network="n", node="n-0", result="ok"}', phases, good),
    counter('civitas_admission_refusals_total{network="n", node="n-0", code="QUEUE_FULL"}', phases, wrong),
  ],
  'commit-time': (phases) => [
    counter('civitas_operation_commit_seconds_count{network="n", node="n-0"}', phases, all),
    counter('civitas_operation_commit_seconds_bucket{network="n", node="n-0", le="3"}', phases, good),
  ],
  delivery: (phases) => [
    counter('civitas_relay_round_trip_seconds_count{source="a", destination="b"}', phases, good),
    counter('civitas_relay_round_trip_seconds_bucket{source="a", destination="b", le="60"}', phases, good),
    counter('civitas_relay_packets_total{source="a", destination="b", result="timed_out"}', phases, wrong),
  ],
  calls: (phases) => [
    counter('civitas_rpc_requests_total{network="n", service="LedgerService", result="ok"}', phases, good),
    counter('civitas_rpc_requests_total{network="n", service="LedgerService", result="fault"}', phases, wrong),
  ],
  ready: (phases) => [
    counter('civitas_operator_network_ready_seconds_count', phases, all),
    counter('civitas_operator_network_ready_seconds_bucket{le="300"}', phases, good),
  ],
  console: (phases) => [
    counter('civitas_console_http_requests_total{method="GET", status="2xx"}', phases, good),
    counter('civitas_console_http_requests_total{method="GET", status="5xx"}', phases, wrong),
  ],
  'console-time': (phases) => [
    counter('civitas_console_http_request_seconds_count{method="GET"}', phases, all),
    counter('civitas_console_http_request_seconds_bucket{method="GET", le="0.5"}', phases, good),
  ],
  // A look a minute at each of many nodes, of which a share says that it is halted: its ratio is what is wanted at any time.
  progress: (phases) => [
    ['civitas_engine_halted{network="n", node="n-0"}', phases.map(({ minutes, bad }) => `${bad}x${minutes - 1}`).join(' ')],
  ],
};

export interface SloCase extends AlertCase {
  readonly severity: 'critical' | 'warning';
}

const HOUR = 60;
const DAY = 24 * HOUR;

/**
 * Around each factor of the burn rate: 14.4 over one hour, 6 over six, 1 over three days; and with too few events to say anything.
 *
 * @param name of the promise; @param budget share of events that may be bad; @param eventsMin an hour.
 */
export function sloCases(name: string, budget: number, eventsMin: number): readonly SloCase[] {
  const seriesOf = SERIES[name];
  if (seriesOf === undefined) throw new Error(`no series are written for the promise ${name}`);
  // Looks are not counted by their number in a minute: there is one.
  const often = name === 'progress' ? 1 : 10;
  const ticketMinutes = name === 'progress' ? 1 : 5;
  const burn = (hours: number, factor: number, perMinute = often): readonly Series[] =>
    seriesOf([
      { minutes: 6 * HOUR, perMinute, bad: 0 },
      { minutes: hours * HOUR, perMinute, bad: Math.min(1, factor * budget) },
    ]);
  const long = (factor: number): readonly Series[] =>
    seriesOf([{ minutes: (3 * DAY) / ticketMinutes + 2, perMinute: often, bad: factor * budget }]);
  const few = Number(((eventsMin * 0.8) / HOUR).toFixed(4));
  const just = Number(((eventsMin * 1.2) / HOUR).toFixed(4));
  const page = { severity: 'critical', interval: '1m' } as const;
  const ticket = { severity: 'warning', interval: `${ticketMinutes}m`, at: '72h' } as const;
  const quiet: readonly SloCase[] =
    name === 'progress'
      ? [{ ...page, fires: false, series: burn(7, 18), interval: '90s', at: '12h50m' }]
      : [
          { ...page, fires: false, series: burn(7, 18, few), at: '12h50m' },
          { ...page, fires: true, series: burn(7, 18, just), at: '12h50m' },
        ];
  return [
    { ...page, fires: true, series: burn(1.5, Math.min(18, 0.9 / budget)), at: '7h' },
    { ...page, fires: false, series: burn(1.5, 12), at: '7h' },
    { ...page, fires: true, series: burn(7, 7), at: '12h50m' },
    { ...page, fires: false, series: burn(7, 5), at: '12h50m' },
    ...quiet,
    { ...ticket, fires: true, series: long(1.2) },
    { ...ticket, fires: false, series: long(0.8) },
  ];
}
