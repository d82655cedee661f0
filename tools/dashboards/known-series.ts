import { ruleGroups } from '../../packages/telemetry/src/alerts/alert-rules.ts';
import { CATALOGUE, PROMETHEUS_FAMILIES, SCRAPE_LABELS } from '../../packages/telemetry/src/index.ts';
import { type ReadQuery, readQuery, type Selector } from './read-query.ts';

/** The labels that a series may have, each with its values where they are listed. */
export type SeriesLabels = ReadonlyMap<string, readonly string[] | '*'>;

function familiesKnown(): Map<string, SeriesLabels> {
  const known = new Map<string, SeriesLabels>();
  for (const { families, constantLabels } of CATALOGUE) {
    for (const { name, type, labels } of Object.values(families)) {
      const all = new Map<string, readonly string[] | '*'>([...constantLabels, ...SCRAPE_LABELS].map((label) => [label, '*']));
      for (const [label, values] of Object.entries(labels)) all.set(label, values);
      if (type !== 'histogram') known.set(name, all);
      else for (const part of ['_bucket', '_sum', '_count']) known.set(`${name}${part}`, new Map([...all, ['le', '*']]));
    }
  }
  for (const name of PROMETHEUS_FAMILIES)
    known.set(name, new Map([...SCRAPE_LABELS, 'alertname', 'alertstate', 'severity', 'network', 'node'].map((label) => [label, '*'])));
  return known;
}

/** What recording rules make: their own labels, and those that their expression keeps. */
function recordingsKnown(): Map<string, SeriesLabels> {
  const known = new Map<string, SeriesLabels>();
  for (const rule of ruleGroups().flatMap((group) => group.rules)) {
    if (!('record' in rule)) continue;
    const labels = [...Object.keys(rule.labels), ...readQuery(rule.expr).groupings, 'network', 'source', 'destination'];
    known.set(rule.record, new Map([...(known.get(rule.record) ?? []), ...labels.map((label) => [label, '*'] as const)]));
  }
  return known;
}

/** Every series name that a query may use, with its labels. */
export function knownSeries(): ReadonlyMap<string, SeriesLabels> {
  return new Map([...familiesKnown(), ...recordingsKnown()]);
}

/** The family of the catalogue that a series belongs to. */
export function familyOf(series: string): string {
  const names = new Set(CATALOGUE.flatMap(({ families }) => Object.values(families).map(({ name }) => name as string)));
  return names.has(series) ? series : series.replace(/_(?:bucket|sum|count)$/, '');
}

function selectorProblems({ name, matchers }: Selector, known: ReadonlyMap<string, SeriesLabels>): string[] {
  const labels = known.get(name);
  if (labels === undefined) return [`${name} is in no catalogue`];
  return matchers.flatMap(({ label, operator, value }) => {
    const values = labels.get(label);
    if (values === undefined) return [`${name} has no label ${label}`];
    if (values === '*' || value.includes('.') || value.includes('$')) return [];
    const wanted = operator.includes('~') ? value.split('|') : [value];
    return wanted.filter((one) => !values.includes(one)).map((one) => `${label} of ${name} is never ${one}`);
  });
}

/** What a query names that there is not. */
export function problemsOf({ selectors, groupings }: ReadQuery, known: ReadonlyMap<string, SeriesLabels>): readonly string[] {
  const inSelectors = selectors.flatMap((selector) => selectorProblems(selector, known));
  const all = new Set(selectors.flatMap(({ name }) => [...(known.get(name)?.keys() ?? [])]));
  const inGroupings = groupings.filter((label) => !all.has(label)).map((label) => `nothing in it has the label ${label}`);
  return [...inSelectors, ...inGroupings];
}
