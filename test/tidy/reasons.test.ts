import { describe, expect, test } from '@jest/globals';
import { CONDITIONS, REASON_TABLES } from '../../cli/src/kubectl/reasons/index.ts';
import { KINDS } from '../../operator/src/core/resources/kinds.ts';
import { listFiles, nodeAt, nodesAt, parseSource, readSource, type SyntaxNode, textAt, visit } from '../../tools/reference/source-tree.ts';
import { OTHER_WORDS } from './reason-words.ts';

/** Where conditions are made: whatever looks like a reason there is one, or stands among the other words. */
const SOURCES = /^operator\/src\/(core\/plan|host\/(apply|controllers|observe))\//;
const CAMEL = /^[A-Z][a-z]+([A-Z][a-zA-Z]*)?$/;

const known = new Set([...REASON_TABLES.flatMap(({ reasons }) => Object.keys(reasons)), ...KINDS.map(({ kind }) => kind), ...OTHER_WORDS]);

const word = (node: SyntaxNode | undefined): string => (node?.type === 'StringLiteral' ? (textAt(node, 'value') ?? '') : '');
const named = (node: SyntaxNode, name: string): SyntaxNode | undefined =>
  nodesAt(node, 'properties').find((property) => textAt(nodeAt(property, 'key'), 'value') === name);

/** Functions that take the type of a condition, and at which place. */
const TAKES_TYPE: ReadonlyMap<string, number> = new Map([
  ['verdict', 0],
  ['holds', 0],
  ['findCondition', 1],
  ['isConditionTrue', 1],
  ['tallyOf', 2],
]);

/** Literals below a node that are compared, name a kind or an Event, or are part of a type: those are no reasons of conditions. */
function otherwiseUsed(node: SyntaxNode): readonly unknown[] {
  switch (node.type) {
    case 'BinaryExpression':
      return [nodeAt(node, 'left'), nodeAt(node, 'right')];
    case 'SwitchCase':
      return [nodeAt(node, 'test')];
    case 'TsLiteralType':
      return [nodeAt(node, 'literal')];
    case 'CallExpression': {
      const callee = textAt(nodeAt(node, 'callee'), 'value') ?? textAt(nodeAt(nodeAt(node, 'callee'), 'property'), 'value') ?? '';
      const list: unknown = node['arguments'];
      const given: readonly unknown[] = Array.isArray(list)
        ? list.map((argument: { readonly expression?: unknown }) => argument.expression)
        : [];
      if (['isApiError', 'report', 'includes'].includes(callee)) return given;
      return TAKES_TYPE.has(callee) ? [given[TAKES_TYPE.get(callee) ?? 0]] : [];
    }
    case 'ObjectExpression': {
      const isEvent = ['Normal', 'Warning'].includes(word(nodeAt(named(node, 'type'), 'value')));
      return [
        nodeAt(named(node, 'kind'), 'value'),
        nodeAt(named(node, 'type'), 'value'),
        ...(isEvent ? [nodeAt(named(node, 'reason'), 'value')] : []),
      ];
    }
    default:
      return [];
  }
}

/** Words in capitals and small letters that a file has as string literals where a reason may stand. */
function wordsIn(path: string): readonly string[] {
  const found: string[] = [];
  const other = new Set<unknown>();
  visit(parseSource(readSource(path)).tree, (node) => {
    for (const used of otherwiseUsed(node)) other.add(used);
    if (!other.has(node) && CAMEL.test(word(node))) found.push(word(node));
  });
  return found;
}

/** First arguments of `verdict`. */
function typesIn(path: string): readonly string[] {
  const found: string[] = [];
  visit(parseSource(readSource(path)).tree, (node) => {
    const list: unknown = node['arguments'];
    if (node.type !== 'CallExpression' || textAt(nodeAt(node, 'callee'), 'value') !== 'verdict' || !Array.isArray(list)) return;
    const first = word((list as readonly { readonly expression?: SyntaxNode }[])[0]?.expression);
    if (first !== '') found.push(first);
  });
  return found;
}

const files = listFiles().filter((path) => SOURCES.test(path) && path.endsWith('.ts') && !path.endsWith('.test.ts'));
const words = files.flatMap((path) => wordsIn(path).map((found) => ({ found, path })));

describe('reasons of conditions', () => {
  test('the rule sees the reasons there are', () => {
    expect(words.map(({ found }) => found)).toEqual(expect.arrayContaining(['QuorumWouldBreak', 'Available', 'HeldByAnother']));
  });

  test('each has its sentence in cli/src/kubectl/reasons, or is named as something else', () => {
    const unknown = words.filter(({ found }) => !known.has(found)).map(({ found, path }) => `${found} in ${path}`);
    expect([...new Set(unknown)].sort()).toEqual([]);
  });

  test('each is named by a test that brings it about', () => {
    const tests = listFiles().filter((path) => path.endsWith('.test.ts') && !path.startsWith('test/tidy/'));
    const seen = new Set<string>();
    for (const path of tests) for (const [found] of readSource(path).matchAll(/\b[A-Z][A-Za-z_]+\b/g)) seen.add(found);
    const reasons = REASON_TABLES.flatMap((table) => Object.keys(table.reasons));
    expect(reasons.filter((reason) => !seen.has(reason)).sort()).toEqual([]);
  });

  test('each type of condition is described', () => {
    const types = files.flatMap((path) => typesIn(path)).filter((type) => CONDITIONS[type] === undefined);
    expect([...new Set(types)].sort()).toEqual([]);
  });

  test('each is said in whole sentences, and stands in one table', () => {
    const all = REASON_TABLES.flatMap(({ reasons }) => Object.entries(reasons));
    const names = all.map(([name]) => name);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
    const texts = [...all.flatMap(([, { means, then }]) => [means, then]), ...Object.values(CONDITIONS).map(({ about }) => about)];
    expect(texts.filter((text) => !text.endsWith('.') || /^[a-z]/.test(text.replace(/^(kubectl|updateStrategy|spec)\b/, 'X')))).toEqual([]);
  });
});
