import {
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  type Dashboard as GrafanaDashboard,
  type GridPos,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as TimeseriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import { type Dashboard, type Panel, VARIABLES } from '../../packages/telemetry/src/dashboards/dashboard.ts';

/** Chosen at the top, so that no dashboard names a data source of one Grafana. */
const SOURCE = { type: 'prometheus', uid: '${datasource}' } as const;
const COLUMNS = 24;
const SIZES = { number: { w: 6, h: 4 }, graph: { w: 12, h: 8 }, table: { w: 12, h: 8 } } as const;

function builderOf({ kind }: Panel): TimeseriesBuilder | StatBuilder | TableBuilder {
  if (kind === 'number') return new StatBuilder();
  return kind === 'table' ? new TableBuilder() : new TimeseriesBuilder();
}

function queryOf(panel: Panel, at: number): DataqueryBuilder {
  const { expr, legend } = panel.queries[at] ?? { expr: '', legend: '' };
  const query = new DataqueryBuilder()
    .datasource(SOURCE)
    .expr(expr)
    .legendFormat(legend)
    .refId(String.fromCharCode(65 + at));
  if (panel.kind === 'graph') return query.range();
  return panel.kind === 'table' ? query.instant().format(PromQueryFormat.Table) : query.instant();
}

function addPanel(dashboard: DashboardBuilder, panel: Panel, gridPos: GridPos): void {
  const { title, unit, emptyWhen } = panel;
  const description = emptyWhen === undefined ? panel.description : `${panel.description} Empty while ${emptyWhen}.`;
  const builder = builderOf(panel).title(title).description(description).unit(unit).datasource(SOURCE).gridPos(gridPos);
  for (let at = 0; at < panel.queries.length; at++) builder.withTarget(queryOf(panel, at));
  if (panel.unit === 'percentunit') builder.min(0);
  dashboard.withPanel(builder);
}

/** Places panels from left to right; one that does not fit begins a line below the tallest of the last. */
function placed(panels: readonly Panel[], from: number): { readonly places: readonly GridPos[]; readonly end: number } {
  let [x, y, lineHeight] = [0, from, 0];
  const places = panels.map(({ kind }) => {
    const { w, h } = SIZES[kind];
    if (x + w > COLUMNS) [x, y, lineHeight] = [0, y + lineHeight, 0];
    const place: GridPos = { x, y, w, h };
    x += w;
    lineHeight = Math.max(lineHeight, h);
    return place;
  });
  return { places, end: y + lineHeight };
}

function addRows(builder: DashboardBuilder, { rows }: Dashboard): void {
  let y = 0;
  for (const { title, panels } of rows) {
    builder.withRow(new RowBuilder(title).gridPos({ x: 0, y, w: COLUMNS, h: 1 }));
    const { places, end } = placed(panels, y + 1);
    panels.forEach((panel, at) => addPanel(builder, panel, places[at] ?? { x: 0, y, w: COLUMNS, h: 8 }));
    y = end;
  }
}

/** Carries the choices and the time over to the others. */
function linkTo({ uid, title }: Dashboard): DashboardLinkBuilder {
  return new DashboardLinkBuilder(title.replace('Civitas / ', ''))
    .type(DashboardLinkType.Link)
    .url(`/d/${uid}`)
    .includeVars(true)
    .keepTime(true);
}

/** A dashboard as Grafana imports it. */
export function grafanaDashboard(dashboard: Dashboard, all: readonly Dashboard[]): GrafanaDashboard {
  const builder = new DashboardBuilder(dashboard.title)
    .uid(dashboard.uid)
    .description(dashboard.description)
    .tags(['civitas'])
    .timezone('browser')
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: 'now-1h', to: 'now' })
    .refresh('30s')
    .withVariable(new DatasourceVariableBuilder('datasource').label('Data source').type('prometheus'));
  for (const name of dashboard.variables) {
    const { label, values } = VARIABLES[name];
    const variable = new QueryVariableBuilder(name).label(label).datasource(SOURCE).query(values).definition(values);
    variable.refresh(VariableRefresh.OnTimeRangeChanged).sort(VariableSort.AlphabeticalAsc);
    builder.withVariable(variable.multi(true).includeAll(true).allValue('.*'));
  }
  for (const other of all) if (other !== dashboard) builder.link(linkTo(other));
  addRows(builder, dashboard);
  return builder.build();
}
