import { type Alert, BURN, type Slo, type sloGroups } from '@civitas/telemetry';

/** A rule with one number changed. */
export interface Mutant {
  readonly name: string;
  readonly alert: Alert;
}

const COMPARISON = /(==|>=|<=|>|<) (-?\d+(?:\.\d+)?)(?![\w.])/g;

/** Half as much again and two thirds; of a small whole number three more and one less. */
const othersOf = (value: number): readonly number[] =>
  Number.isInteger(value) && Math.abs(value) <= 2 ? [value + 3, value - 1] : [value * 1.5, value / 1.5];

/** Each threshold of an alert, named or written out, made larger and smaller. */
export function mutantsOf(alert: Alert): readonly Mutant[] {
  const changed: Alert[] = [];
  for (const kind of ['limits', 'waits', 'counts'] as const) {
    const numbers = alert[kind] ?? {};
    for (const [name, value] of Object.entries(numbers))
      for (const other of othersOf(value)) changed.push({ ...alert, [kind]: { ...numbers, [name]: other } });
  }
  for (const match of alert.expr.matchAll(COMPARISON)) {
    const [whole, comparison, number] = match;
    const before = alert.expr.slice(0, match.index);
    const after = alert.expr.slice(match.index + whole.length);
    for (const other of othersOf(Number(number))) changed.push({ ...alert, expr: `${before}${comparison} ${other}${after}` });
  }
  return changed.map((mutant, index) => ({ name: `${alert.name}_${index}`, alert: { ...mutant, name: `${alert.name}_${index}` } }));
}

type SloGroup = ReturnType<typeof sloGroups>[number];

/** The alerts of a promise with each burn factor and the least number of events changed; recordings stay. */
export function sloMutants(slo: Slo, groups: readonly SloGroup[]): readonly { name: string; severity: string; rule: object }[] {
  const rules = groups.flatMap((group) => group.rules).flatMap((rule) => ('alert' in rule ? [rule] : []));
  const texts = [
    ...Object.values(BURN).map(({ factor }) => ({ from: `> ${factor} *`, to: (times: number) => `> ${factor * times} *` })),
    { from: `>= ${slo.eventsMin}`, to: (times: number) => `>= ${slo.eventsMin * times}` },
  ];
  const found = rules.flatMap((rule) =>
    texts
      .filter(({ from }) => rule.expr.includes(from) && !(from.startsWith('>=') && rule.labels['severity'] === 'warning'))
      .flatMap(({ from, to }) => [1.5, 1 / 1.5].map((times) => ({ ...rule, expr: rule.expr.replaceAll(from, to(times)) }))),
  );
  return found.map((rule, index) => ({
    name: `${slo.alert}_${index}`,
    severity: rule.labels['severity'] ?? '',
    rule: { ...rule, alert: `${slo.alert}_${index}` },
  }));
}
