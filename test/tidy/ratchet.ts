import { catalogues } from '../../tools/reference/code-catalogues.ts';
import { findCodeSites, isProductSource } from '../../tools/reference/code-sites.ts';
import { listFiles, parseSource, readSource, textAt, visit } from '../../tools/reference/source-tree.ts';
import { FILE_LINES_MAX, FUNCTION_LINES_MAX } from './limits.ts';
import { measureFunctions, measureLines } from './measure-sizes.ts';

/** What the tree still lacks of the house's rules. Every number and every list may only get smaller: `node test/tidy/lower-ratchet.ts`. */
export interface Ratchet {
  readonly fileLines: Readonly<Record<string, number>>;
  readonly functionLines: Readonly<Record<string, number>>;
  /** Codes of the domains' list that no rule uses yet. */
  readonly codesWithoutRule: readonly string[];
  readonly codesWithoutTest: readonly string[];
}

export const RATCHET_FILE = 'test/tidy/ratchet.json';
const WORD = /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/;

export function readRatchet(): Ratchet {
  return JSON.parse(readSource(RATCHET_FILE)) as Ratchet;
}

function above(measured: readonly (readonly [string, number])[], limit: number): Readonly<Record<string, number>> {
  const longest = new Map<string, number>();
  for (const [name, lines] of measured) if (lines > limit) longest.set(name, Math.max(lines, longest.get(name) ?? 0));
  return Object.fromEntries([...longest].sort(([left], [right]) => (left < right ? -1 : 1)));
}

const sources = (): readonly string[] => listFiles().filter((path) => path.endsWith('.ts'));

/** Files above the limit, with their lines. */
export function longFiles(): Readonly<Record<string, number>> {
  return above(
    sources().map((path) => [path, measureLines(path)]),
    FILE_LINES_MAX,
  );
}

/** Functions above the limit, as `file#name`; a test's describe may be as long as its tests, also where two suites share it. */
export function longFunctions(): Readonly<Record<string, number>> {
  const product = sources().filter((path) => !/\.test\.ts$|-cases\.ts$/.test(path));
  const measured = product.flatMap((path) =>
    measureFunctions(path, FUNCTION_LINES_MAX).map(({ name, lines }): [string, number] => [`${path}#${name}`, lines]),
  );
  return above(measured, FUNCTION_LINES_MAX);
}

/** String literals of a file that could be codes: words in capitals. */
export function capitalsIn(path: string): readonly string[] {
  const text = readSource(path);
  if (!/['"`][A-Z]/.test(text)) return [];
  const words: string[] = [];
  visit(parseSource(text).tree, (node) => {
    const value = node.type === 'StringLiteral' ? textAt(node, 'value') : undefined;
    if (value !== undefined && WORD.test(value)) words.push(value);
  });
  return words;
}

const knownCodes = (): readonly string[] => catalogues.flatMap(({ codes }) => Object.keys(codes));

/** Codes that nothing in the product says. */
export function codesWithoutRule(): readonly string[] {
  const arising = new Set([...findCodeSites().map(({ code }) => code), ...listFiles().filter(isProductSource).flatMap(capitalsIn)]);
  return knownCodes()
    .filter((code) => !arising.has(code))
    .sort();
}

/** Codes that no test names. */
export function codesWithoutTest(): readonly string[] {
  const tests = sources().filter((path) => /\.test\.ts$|\/testing\/.*\.ts$/.test(path) && !path.startsWith('test/tidy/'));
  const text = tests.map(readSource).join('\n');
  return knownCodes()
    .filter((code) => !new RegExp(`\\b${code}\\b`).test(text))
    .sort();
}

/** The ratchet as the tree is now. */
export function measureRatchet(): Ratchet {
  return {
    fileLines: longFiles(),
    functionLines: longFunctions(),
    codesWithoutRule: codesWithoutRule(),
    codesWithoutTest: codesWithoutTest(),
  };
}
