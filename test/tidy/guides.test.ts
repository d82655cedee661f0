import { describe, expect, test } from '@jest/globals';
import { createPlugin } from '../../cli/src/kubectl/program.ts';
import { createProgram } from '../../cli/src/program.ts';
import { listFiles, readSource } from '../../tools/reference/source-tree.ts';

const CIVITAS = /^(npx )?civitas /;
const PLUGIN = /^(\$ )?kubectl civitas /;

type Command = ReturnType<typeof createProgram>;

const program = createProgram({ run: async () => undefined, exit: () => undefined });
const plugin = createPlugin({ run: async () => undefined, exit: () => undefined });
const pages = listFiles().filter((path) => path.endsWith('.md'));

/** Command lines in the code blocks and code spans of a page. */
function commandLines(text: string, begin: RegExp): readonly string[] {
  const blocks = [...text.matchAll(/```\w*\n([\s\S]*?)```/g)].flatMap((match) => (match[1] ?? '').split('\n'));
  const spans = [...text.replaceAll(/```[\s\S]*?```/g, '').matchAll(/`([^`\n]+)`/g)].map((match) => match[1] ?? '');
  return [...blocks, ...spans].map((line) => line.trim()).filter((line) => begin.test(line));
}

/** What the program does not know of a line: a word that is no command, or an option the command does not have. */
function findUnknown(line: string, program: Command): string | undefined {
  const words = line.replace(CIVITAS, '').replace(PLUGIN, '').split(/\s+/);
  let command = program;
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
    expect(findUnknown('npx civitas destroy', program)).toBe('destroy');
    expect(findUnknown('npx civitas case play x', program)).toBe('play');
    expect(findUnknown('npx civitas blocks --newest', program)).toBe('--newest');
    expect(findUnknown('npx civitas --as hospital-1 ingest health a.json', program)).toBeUndefined();
  });

  test('every civitas command on every page exists, with its options', () => {
    const unknown = pages.flatMap((page) =>
      commandLines(readSource(page), CIVITAS).map((line) => ({ page, line, word: findUnknown(line, program) })),
    );
    expect(unknown.filter(({ word }) => word !== undefined)).toEqual([]);
  });

  test('every kubectl civitas command on every page exists, with its options', () => {
    expect(findUnknown('kubectl civitas fence health-0 --now', plugin)).toBe('--now');
    const lines = pages.flatMap((page) => commandLines(readSource(page), PLUGIN).map((line) => ({ page, line })));
    const unknown = lines.map(({ page, line }) => ({ page, line, word: findUnknown(line, plugin) }));
    expect(unknown.filter(({ word }) => word !== undefined)).toEqual([]);
    expect(lines.length).toBeGreaterThan(5);
  });

  test('every npm script on every page exists', () => {
    const { scripts } = JSON.parse(readSource('package.json')) as { scripts: Readonly<Record<string, string>> };
    const named = pages.flatMap((page) => [...readSource(page).matchAll(/npm run ([a-z0-9:]+)/g)].map((match) => match[1] ?? ''));
    expect([...new Set(named)].filter((name) => scripts[name] === undefined)).toEqual([]);
  });
});
