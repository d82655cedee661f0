import { describe, expect, test } from '@jest/globals';
import { listFiles, nodeAt, parseSource, readSource, type SyntaxNode, textAt, visit } from '../../tools/reference/source-tree.ts';

const sources = listFiles().filter((path) => path.endsWith('.ts'));
const PURE = /^(packages\/(canon|proofs|deployment)\/src|contracts\/src|node\/src\/core|operator\/src\/core)\//;
const PURE_EXCEPT = /\.test\.ts$|\/testing\/|^packages\/canon\/src\/(node|browser)\.ts$/;

/** Each place where a syntax node is what a rule forbids, as `file: what`. Only files that mention it at all are parsed. */
function findNodes(files: readonly string[], mention: RegExp, offenceOf: (node: SyntaxNode) => string | undefined): readonly string[] {
  return files.flatMap((path) => {
    const text = readSource(path);
    if (!mention.test(text)) return [];
    const found: string[] = [];
    visit(parseSource(text).tree, (node) => {
      const offence = offenceOf(node);
      if (offence !== undefined) found.push(`${path}: ${offence}`);
    });
    return found;
  });
}

function isUnknownThenAnother(node: SyntaxNode): boolean {
  const inner = nodeAt(node, 'expression');
  const innerType = nodeAt(inner, 'typeAnnotation');
  return node.type === 'TsAsExpression' && inner?.type === 'TsAsExpression' && textAt(innerType, 'kind') === 'unknown';
}

describe('types are told as they are', () => {
  test('nothing is typed any', () => {
    expect(
      findNodes(sources, /[<:=|&(] *any\b/, (node) =>
        node.type === 'TsKeywordType' && textAt(node, 'kind') === 'any' ? 'any' : undefined,
      ),
    ).toEqual([]);
  });

  test('nothing is cast through unknown', () => {
    expect(findNodes(sources, /as unknown as/, (node) => (isUnknownThenAnother(node) ? 'as unknown as' : undefined))).toEqual([]);
  });

  test('no comment silences the compiler', () => {
    const silencer = /@ts-(ignore|nocheck|expect-error)/;
    expect(sources.filter((path) => !path.startsWith('test/tidy/') && silencer.test(readSource(path)))).toEqual([]);
  });
});

test('nothing is left for later in comments', () => {
  const later = /\b(TODO|FIXME|XXX|HACK)\b/;
  const files = listFiles().filter((path) => /\.(ts|mjs|md|proto|yaml|sh)$/.test(path) && !path.startsWith('test/tidy/'));
  expect(files.filter((path) => later.test(readSource(path)))).toEqual([]);
});

describe('tests run, or say why not', () => {
  const tests = sources.filter((path) => path.endsWith('.test.ts'));
  const memberOf = (node: SyntaxNode, members: readonly string[]): boolean =>
    node.type === 'MemberExpression' &&
    ['test', 'it', 'describe'].includes(textAt(nodeAt(node, 'object'), 'value') ?? '') &&
    members.includes(textAt(nodeAt(node, 'property'), 'value') ?? '');

  test('no test is singled out or left empty', () => {
    expect(findNodes(tests, /\.(only|todo)\b/, (node) => (memberOf(node, ['only', 'todo']) ? 'only or todo' : undefined))).toEqual([]);
  });

  test('a file that may skip prints a line that begins with SKIPPED and gives the reason', () => {
    const skipping = new Set(
      findNodes(tests, /\.skip\b/, (node) => (memberOf(node, ['skip']) ? 'skip' : undefined)).map((line) => line.split(':')[0] ?? ''),
    );
    expect([...skipping].filter((path) => !/SKIPPED: /.test(readSource(path)))).toEqual([]);
  });
});

test('pure rooms see no clock, no chance, no machine', () => {
  const machine = new Set(['Date', 'process', 'Buffer', 'fetch', 'console', 'performance', 'TextEncoder', 'TextDecoder', 'crypto']);
  const timers = new Set(['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask']);
  const offenceOf = (node: SyntaxNode): string | undefined => {
    const object = textAt(nodeAt(node, 'object'), 'value') ?? '';
    const callee = textAt(nodeAt(node, 'callee'), 'value') ?? '';
    const source = textAt(nodeAt(node, 'source'), 'value') ?? '';
    if (node.type === 'ImportDeclaration' && source.startsWith('node:')) return source;
    if (node.type === 'MemberExpression' && object === 'Math' && textAt(nodeAt(node, 'property'), 'value') === 'random')
      return 'Math.random';
    // An injected port may be called crypto; the global of that name has `subtle` and `getRandomValues`.
    if (node.type === 'MemberExpression' && object !== 'crypto' && machine.has(object)) return object;
    if ((node.type === 'NewExpression' || node.type === 'CallExpression') && (machine.has(callee) || timers.has(callee))) return callee;
    return undefined;
  };
  expect(
    findNodes(
      sources.filter((path) => PURE.test(path) && !PURE_EXCEPT.test(path)),
      /node:|Math\.random|\b(Date|process|Buffer|fetch|console|performance|Text(En|De)coder|set(Timeout|Interval|Immediate)|queueMicrotask)\b/,
      offenceOf,
    ),
  ).toEqual([]);
});
