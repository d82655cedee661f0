/** A unit as Grafana names it. */
export type PanelUnit = 'short' | 's' | 'bytes' | 'Bps' | 'ops' | 'percentunit' | 'dateTimeFromNow' | 'bool_yes_no' | 'none';

export interface PanelQuery {
  readonly expr: string;
  /** Grafana's legend format: text and `{{label}}`. */
  readonly legend: string;
}

export interface Panel {
  readonly title: string;
  /** What it shows, and what to make of it; whole sentences. */
  readonly description: string;
  readonly kind: 'graph' | 'number' | 'table';
  readonly unit: PanelUnit;
  readonly queries: readonly PanelQuery[];
  /** Why a healthy city may have no data here: only CometBFT says it, nothing was refused yet. */
  readonly emptyWhen?: string;
}

/** A choice at the top of a dashboard; links between dashboards carry it along. */
export type Variable = 'network' | 'node' | 'source' | 'destination' | 'controller' | 'organisation' | 'slo';

export interface Dashboard {
  readonly uid: `civitas-${string}`;
  readonly title: string;
  readonly description: string;
  readonly variables: readonly Variable[];
  readonly rows: readonly { readonly title: string; readonly panels: readonly Panel[] }[];
}

/** Where the values of each variable come from, and its label. */
export const VARIABLES: Readonly<Record<Variable, { readonly label: string; readonly values: string }>> = {
  network: { label: 'Network', values: 'label_values(civitas_block_height, network)' },
  node: { label: 'Node', values: 'label_values(civitas_block_height{network=~"$network"}, node)' },
  source: { label: 'From', values: 'label_values(civitas_relay_lease_held, source)' },
  destination: { label: 'To', values: 'label_values(civitas_relay_lease_held{source=~"$source"}, destination)' },
  controller: { label: 'Controller', values: 'label_values(controller_runtime_reconcile_total, controller)' },
  organisation: { label: 'Organisation', values: 'label_values(civitas_organisation_operations_total, organisation)' },
  slo: { label: 'Promise', values: 'label_values(slo:objective:ratio, sloth_slo)' },
};

/** Said of panels about synthetic operations and packets. */
export const NO_PROBE = 'CityConfig switches no probe on (spec.observability.probe)';

type Said = Pick<Panel, 'title' | 'description' | 'unit'> & Pick<Partial<Panel>, 'emptyWhen'>;
type Asked = readonly (readonly [expr: string, legend: string])[];

const panel = (kind: Panel['kind'], said: Said, asked: Asked): Panel => ({
  ...said,
  kind,
  queries: asked.map(([expr, legend]) => ({ expr, legend })),
});

/** Lines over time. */
export const graph = (said: Said, ...asked: Asked): Panel => panel('graph', said, asked);
/** One number a series, large. */
export const number = (said: Said, ...asked: Asked): Panel => panel('number', said, asked);
/** The present value of each series, a row each. */
export const table = (said: Said, ...asked: Asked): Panel => panel('table', said, asked);

/** `quantile` of a histogram over the last minutes, by labels. */
export function quantileOf(quantile: number, selector: string, by: readonly string[]): string {
  const [name = '', rest = ''] = selector.split(/(?=\{)/, 2);
  return `histogram_quantile(${quantile}, sum by (${[...by, 'le'].join(', ')}) (rate(${name}_bucket${rest}[$__rate_interval])))`;
}

/** Events a second over the last minutes, summed by labels. */
export function rateOf(selector: string, by: readonly string[]): string {
  return `sum by (${by.join(', ')}) (rate(${selector}[$__rate_interval]))`;
}
