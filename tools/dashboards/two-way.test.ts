import { describe, expect, test } from '@jest/globals';
import { CATALOGUE } from '../../packages/telemetry/src/index.ts';
import { knownSeries, problemsOf } from './known-series.ts';
import { usedExpressions, usesOfMetrics } from './metric-uses.ts';
import { readQuery } from './read-query.ts';

/** Families that no panel and no rule asks for, and why they are there all the same. */
const UNUSED: Readonly<Record<string, string>> = {};

describe('catalogue, panels and rules', () => {
  test('every query parses and names only series, labels and label values that there are', () => {
    const known = knownSeries();
    const problems = usedExpressions().flatMap(({ place, expr }) =>
      problemsOf(readQuery(expr), known).map((problem) => `${place}: ${problem}`),
    );

    expect(problems).toEqual([]);
  });

  test('every family is in a panel or a rule, or stands on the list of those that need not be', () => {
    const uses = usesOfMetrics();
    const unused = CATALOGUE.flatMap(({ families }) => Object.values(families))
      .map(({ name }) => name as string)
      .filter((name) => !uses.has(name));

    expect(unused.filter((name) => UNUSED[name] === undefined)).toEqual([]);
    expect(Object.keys(UNUSED).filter((name) => !unused.includes(name))).toEqual([]);
  });
});

describe('the reader of queries', () => {
  test('finds selectors, matchers and groupings wherever they stand', () => {
    const expr =
      'sum by (network, le) (rate(civitas_a_bucket{network=~"x", code!="y"}[5m])) / on (network) group_left (node) slo:b:c or up == 0';

    expect(readQuery(expr)).toEqual({
      selectors: [
        {
          name: 'civitas_a_bucket',
          matchers: [
            { label: 'network', operator: '=~', value: 'x' },
            { label: 'code', operator: '!=', value: 'y' },
          ],
        },
        { name: 'slo:b:c', matchers: [] },
        { name: 'up', matchers: [] },
      ],
      groupings: ['network', 'le', 'network', 'node'],
    });
  });

  test.each(['sum by (network (x)', 'rate(x[5m)', 'x{a=}', ''])('refuses %s', (expr) => {
    expect(() => readQuery(expr)).toThrow('no PromQL');
  });

  test.each([
    ['civitas_never_was', 'civitas_never_was is in no catalogue'],
    ['civitas_signing{peer="a"}', 'civitas_signing has no label peer'],
    ['civitas_operations_total{result="lost"}', 'result of civitas_operations_total is never lost'],
    ['sum by (peer) (civitas_signing)', 'nothing in it has the label peer'],
    ['civitas_block_bytes', 'civitas_block_bytes is in no catalogue'],
  ])('finds what is wrong with %s', (expr, problem) => {
    expect(problemsOf(readQuery(expr), knownSeries())).toEqual([problem]);
  });
});
