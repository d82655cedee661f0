import { existsSync, readdirSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { listFiles, ROOT, readSource } from '../../tools/reference/source-tree.ts';

const files = listFiles();
const pages = files.filter((path) => path.endsWith('.md'));

test('every relative link of every page leads somewhere', () => {
  const broken = pages.flatMap((page) => {
    const targets = [
      ...readSource(page)
        .replaceAll(/`[^`\n]*`/g, '')
        .matchAll(/\]\(([^)\s]+)\)/g),
    ].map((match) => match[1] ?? '');
    const relative = targets.filter((target) => !/^([a-z]+:|#)/.test(target)).map((target) => target.split('#')[0] ?? '');
    return relative
      .filter((target) => !existsSync(join(ROOT, normalize(join(dirname(page), target)))))
      .map((target) => `${page}: ${target}`);
  });
  expect(broken).toEqual([]);
});

describe('every part has its page', () => {
  test('each contract has a README.md', () => {
    const folders = new Set(files.flatMap((path) => /^contracts\/src\/[^/]+\/[^/]+\/v\d+(?=\/)/.exec(path)?.[0] ?? []));
    expect([...folders].filter((folder) => ![folder, dirname(folder)].some((place) => existsSync(join(ROOT, place, 'README.md'))))).toEqual(
      [],
    );
  });

  test('each package has a README.md', () => {
    const packages = readdirSync(join(ROOT, 'packages'));
    expect(packages.filter((name) => !existsSync(join(ROOT, 'packages', name, 'README.md')))).toEqual([]);
  });
});

describe('decisions', () => {
  const names = readdirSync(join(ROOT, 'docs/adr')).sort();

  test('are numbered without gaps', () => {
    expect(names.map((name) => name.slice(0, 5))).toEqual(names.map((_, index) => `${String(index + 1).padStart(4, '0')}-`));
  });

  test('say context, decision and costs', () => {
    const incomplete = names.filter((name) => {
      const text = readSource(`docs/adr/${name}`).toLowerCase();
      return !['context', 'decision', 'costs'].every((part) => text.includes(part));
    });
    expect(incomplete).toEqual([]);
  });
});

test('every runbook belongs to an alert and every alert has its runbook', () => {
  interface Rules {
    readonly groups: readonly {
      readonly rules: readonly { readonly alert?: string; readonly annotations?: Readonly<Record<string, string>> }[];
    }[];
  }
  const rules = (parse(readSource('charts/civitas/alerts/civitas.rules.yaml')) as Rules).groups.flatMap((group) => group.rules);
  const alerts = rules.filter((rule) => rule.alert !== undefined);
  // A promise has two alerts of one name, by how fast its budget burns, and one runbook.
  const named = new Set(alerts.map((rule) => rule.annotations?.['runbook_url'] ?? `no runbook: ${rule.alert}`));
  expect([...named].sort()).toEqual(
    readdirSync(join(ROOT, 'docs/runbooks'))
      .map((name) => `docs/runbooks/${name}`)
      .sort(),
  );
});
