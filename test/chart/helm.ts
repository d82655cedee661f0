import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { findKubeTools } from '../../tools/kube/kube-tools.ts';

const HERE = dirname(fileURLToPath(import.meta.url));
export const ROOT = dirname(dirname(HERE));
export const CHART = join(ROOT, 'charts/civitas');
export const NAMESPACE = 'civitas-system';
/** The oldest that Chart.yaml allows: what helm renders for without a server to ask. */
const KUBE_VERSION_MIN = '1.31.0';

const built = findKubeTools()?.path('helm');
const onPath = spawnSync('helm', ['version', '--short']).error === undefined ? 'helm' : undefined;
const program = built ?? onPath;
const hasHelm = program !== undefined;
if (!hasHelm && process.env['CI'] === 'true') throw new Error('helm is missing: npm run kube:install');
if (!hasHelm) process.stderr.write('SKIPPED: the Helm chart, because helm is not there (npm run kube:install)\n');

/** Groups tests that need helm. */
export const describeWithHelm = hasHelm ? describe : describe.skip;

export interface HelmRun {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export function helm(args: readonly string[]): HelmRun {
  const { status, stdout, stderr } = spawnSync(program ?? 'helm', args, { encoding: 'utf8' });
  return { status, stdout, stderr };
}

/** An object as rendered. */
export interface Rendered {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: unknown;
  readonly [field: string]: unknown;
}

/** Names of the sets of values in values/, without `.yaml`. */
export const VALUE_SETS: readonly string[] = readdirSync(join(HERE, 'values'))
  .map((name) => name.replace(/\.yaml$/, ''))
  .sort();

export function valuesFile(set: string): string {
  return join(HERE, 'values', `${set}.yaml`);
}

/** Arguments of `helm template` with more of them. */
export function templateArguments(more: readonly string[], namespace: string = NAMESPACE): readonly string[] {
  return ['template', 'civitas', CHART, '--namespace', namespace, '--kube-version', KUBE_VERSION_MIN, ...more];
}

/** The text of every object of the chart with a set of values, hooks too. @throws Error with what helm says. */
export function renderText(set: string, more: readonly string[] = []): string {
  const run = helm(templateArguments(['--values', valuesFile(set), ...more]));
  if (run.status !== 0) throw new Error(run.stderr);
  return run.stdout;
}

export function parseObjects(text: string): readonly Rendered[] {
  return parseAllDocuments(text)
    .map((document) => document.toJS() as Rendered | null)
    .filter((object) => object !== null);
}
