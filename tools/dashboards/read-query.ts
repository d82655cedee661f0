import { parser } from '@prometheus-io/lezer-promql';

/** One series selector of a query. */
export interface Selector {
  readonly name: string;
  readonly matchers: readonly { readonly label: string; readonly operator: string; readonly value: string }[];
}

export interface ReadQuery {
  readonly selectors: readonly Selector[];
  /** Labels of by, without, on, ignoring and group_left. */
  readonly groupings: readonly string[];
}

/** Grafana's variables, as something that the grammar takes and that selects everything. */
export function withoutVariables(expr: string, interval = '5m'): string {
  return expr.replaceAll('$__rate_interval', interval).replaceAll(/\$[a-z]+/g, '.*');
}

/**
 * What a query asks for.
 *
 * @throws Error at the first place that PromQL's grammar does not take.
 */
export function readQuery(expr: string): ReadQuery {
  const selectors: { name: string; matchers: { label: string; operator: string; value: string }[] }[] = [];
  const groupings: string[] = [];
  const text = ({ from, to }: { from: number; to: number }): string => expr.slice(from, to);
  let within: string[] = [];
  parser.parse(expr).iterate({
    enter: (node) => {
      if (node.type.isError) throw new Error(`no PromQL at character ${node.from}: ${expr}`);
      within = [...within, node.name];
      const parent = within.at(-2);
      const last = selectors.at(-1);
      if (node.name === 'VectorSelector') selectors.push({ name: '', matchers: [] });
      else if (node.name === 'Identifier' && parent === 'VectorSelector' && last !== undefined) last.name = text(node);
      else if (node.name === 'UnquotedLabelMatcher') last?.matchers.push({ label: '', operator: '', value: '' });
      else if (node.name === 'LabelName' && parent === 'GroupingLabels') groupings.push(text(node));
      else if (parent === 'UnquotedLabelMatcher') fillMatcher(last?.matchers.at(-1), node.name, text(node));
    },
    leave: () => {
      within = within.slice(0, -1);
    },
  });
  return { selectors, groupings };
}

function fillMatcher(matcher: { label: string; operator: string; value: string } | undefined, part: string, text: string): void {
  if (matcher === undefined) return;
  if (part === 'LabelName') matcher.label = text;
  else if (part === 'MatchOp') matcher.operator = text;
  else if (part === 'StringLiteral') matcher.value = text.slice(1, -1);
}
