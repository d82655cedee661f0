import { describe, expect, test } from '@jest/globals';
import { createProgram } from '../../cli/src/program.ts';
import { listFiles, readSource } from '../../tools/reference/source-tree.ts';

type Command = ReturnType<typeof createProgram>;

const program = createProgram({ run: async () => undefined, exit: () => undefined });
const pages = listFiles().filter((path) => path.endsWith('.md'));

/** Command lines of `civitas` in the code blocks and code spans of a page. */
function commandLines(text: string): readonly string[] {
  const blocks = [...text.matchAll(/```\w*\n([\s\S]*?)```/g)].flatMap((match) => (match[1] ?? '').split('\n'));
  const spans = [...text.replaceAll(/```[\s\S]*?```/g, '').matchAll(/`([^`\n]+)`/g)].map((match) => match[1] ?? '');
  return [...blocks, ...spans].filter((line) => /^(npx )?civitas /.test(line.trim()));
}

/** What the program does not know of a line: a word that is no command, or an option the command does not have. */
function findUnknown(line: string): string | undefined {
  const words = line
    .trim()
    .split(/\s+/)
    .slice(line.trim().startsWith('npx') ? 2 : 1);
  let command: Command = program;
  for (const word of words) {
    const below = command.commands.find((candidate) => candidate.name() === word);
    if (below !== undefined) command = below;
    else if (command.commands.length > 0 && command !== program && !word.startsWith('-')) return word;
  }
  const known = [...program.options, ...command.options].flatMap(({ short, long }) => [short, long]);
  const isKnown = (word: string): boolean => known.includes(word) || ['--help', '--version'].includes(word);
  return (
    words.find((word) => /^--?[a-z]/.test(word) && !isKnown(word)) ??
    (command === program && !words.some((word) => word.startsWith('-')) ? words[0] : undefined)
  );
}

describe('pages name only what the program has', () => {
  test('the rule sees a command and an option that do not exist', () => {
    expect(findUnknown('npx civitas destroy')).toBe('destroy');
    expect(findUnknown('npx civitas case play x')).toBe('play');
    expect(findUnknown('npx civitas blocks --newest')).toBe('--newest');
    expect(findUnknown('npx civitas --as hospital-1 ingest health a.json')).toBeUndefined();
  });

  test('every civitas command on every page exists, with its options', () => {
    const unknown = pages.flatMap((page) => commandLines(readSource(page)).map((line) => ({ page, line, word: findUnknown(line) })));
    expect(unknown.filter(({ word }) => word !== undefined)).toEqual([]);
  });

  test('every npm script on every page exists', () => {
    const { scripts } = JSON.parse(readSource('package.json')) as { scripts: Readonly<Record<string, string>> };
    const named = pages.flatMap((page) => [...readSource(page).matchAll(/npm run ([a-z:]+)/g)].map((match) => match[1] ?? ''));
    expect([...new Set(named)].filter((name) => scripts[name] === undefined)).toEqual([]);
  });
});
