import { isApiError } from '@civitas/kube';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { Fault } from '../fault.ts';
import { sinceText } from './age.ts';
import type { KubectlContext } from './context.ts';
import { discoverKinds, type ServedKind } from './discover-kinds.ts';
import { listOf } from './find.ts';
import { type Finding, findingsOf } from './findings.ts';
import { LINE_MESSAGE_CHARS_MAX, NAMED_MAX } from './limits.ts';
import { findLeader } from './operator-lease.ts';
import { podFindings } from './pod-findings.ts';

export interface WhyOptions {
  /** Only what has one of these names, or is of a network of that name. */
  readonly names: readonly string[];
  /** Exit 4 when something is not green. */
  readonly check: boolean;
}

/** Findings that say the same of several objects, or in several conditions, on one line. */
interface Line extends Omit<Finding, 'name' | 'type'> {
  readonly names: readonly string[];
  readonly types: readonly string[];
}

/** Everything that is not green, each in one line: what, why, since when, what to do. */
export async function whyCommand(context: KubectlContext, { names, check }: WhyOptions): Promise<ExitCode> {
  const { terminal } = context;
  const all = (await collectFindings(context)).filter((finding) => isAbout(finding, names));
  const open = all.filter(isOpen);
  const now = context.nowUnixMs();
  for (const line of linesOf(all)) terminal.line(textOf(line, now));
  if (all.length === 0) terminal.line(names.length === 0 ? 'everything is green' : `nothing about ${names.join(', ')} is other than green`);
  terminal.result(all);
  return check && open.length > 0 ? EXIT.partly : EXIT.ok;
}

/** Of every kind that the cluster serves, in no particular order. */
export async function collectFindings(context: KubectlContext): Promise<readonly Finding[]> {
  const kinds = await servedKinds(context);
  const now = context.nowUnixMs();
  const found = await Promise.all(
    kinds.map(async ({ resource, shortName }) => (await listOf(context, resource)).flatMap((object) => findingsOf(shortName, object, now))),
  );
  return [...(await operatorFindings(context)), ...found.flat(), ...(await podFindings(context))];
}

async function servedKinds(context: KubectlContext): Promise<readonly ServedKind[]> {
  try {
    return await discoverKinds(context);
  } catch (error) {
    if (!isApiError(error, 'NotFound')) throw error;
    throw new Fault('KIND_MISSING', 'this cluster has no civitas.dev kinds: is Civitas installed there, and is this the right --context?');
  }
}

async function operatorFindings(context: KubectlContext): Promise<readonly Finding[]> {
  const leader = await findLeader(context);
  if (leader.state !== 'none') return [];
  return [
    {
      ...{
        kind: 'operator',
        namespace: 'civitas-system',
        name: 'civitas-operator',
        type: 'Leading',
        status: 'False',
        reason: 'NobodyLeads',
      },
      ...{ since: leader.renewed, message: 'no replica of the operator has renewed its Lease: what stands below may be old' },
      then: 'Look at its pods: kubectl get pods -n civitas-system. The networks run on without it.',
    },
  ];
}

/** Nodes carry their network’s name before a dash, as everything of a network does. */
function isAbout({ name, namespace }: Finding, names: readonly string[]): boolean {
  return names.length === 0 || names.some((wanted) => name === wanted || (namespace !== undefined && name.startsWith(`${wanted}-`)));
}

/** What nobody asked for is told, and is not counted. */
export function isOpen({ reason }: Finding): boolean {
  return reason !== 'IdentityNotInstalled';
}

/** Findings that differ in nothing but the object, or but the condition, become one line; what is broken stands before what waits. */
export function linesOf(findings: readonly Finding[]): readonly Line[] {
  const single = findings.map(({ name, type, ...finding }): Line => ({ ...finding, names: [name], types: [type] }));
  const ofAnObject = merged(single, ({ names, ...line }) => [names, likenessOf(line)]);
  return [...merged(ofAnObject, ({ types, ...line }) => [types, likenessOf(line)])].sort((left, right) => rankOf(left) - rankOf(right));
}

function likenessOf({
  kind,
  namespace,
  status,
  reason,
  message,
}: Pick<Line, 'kind' | 'namespace' | 'status' | 'reason' | 'message'>): unknown {
  return [kind, namespace, status, reason, message];
}

/** Lines that are alike in what `likeness` takes of them, as one. */
function merged(lines: readonly Line[], likeness: (line: Line) => readonly unknown[]): readonly Line[] {
  const found = new Map<string, Line>();
  for (const line of lines) {
    const key = JSON.stringify(likeness(line));
    const known = found.get(key);
    const since = [known?.since, line.since].filter((time) => time !== undefined).sort()[0];
    const names = [...new Set([...(known?.names ?? []), ...line.names])];
    const types = [...new Set([...(known?.types ?? []), ...line.types])];
    found.set(key, { ...line, since, names, types });
  }
  return [...found.values()];
}

const FIRST: readonly string[] = ['Leading', 'Available', 'QuorumHealthy', 'Degraded', 'DuplicateKey', 'Frozen', 'Running'];
const LAST: readonly string[] = ['Progressing', 'Paused', 'Hibernated', 'IdentityReady'];

function rankOf({ types: [type = ''] }: Line): number {
  const first = FIRST.indexOf(type);
  if (first >= 0) return first;
  return FIRST.length + 1 + LAST.indexOf(type);
}

function textOf({ kind, namespace, names, types, status, reason, message, since, then }: Line, nowUnixMs: number): string {
  const rest = names.length > NAMED_MAX ? ` and ${names.length - NAMED_MAX} more` : '';
  const where = namespace === undefined ? '' : `${namespace}/`;
  const age = since === undefined ? '' : ` for ${sinceText(since, nowUnixMs)}`;
  const said = message.replaceAll(/\s+/g, ' ');
  const shown = said.length > LINE_MESSAGE_CHARS_MAX ? `${said.slice(0, LINE_MESSAGE_CHARS_MAX)}…` : said;
  const about = `${kind} ${where}${names.slice(0, NAMED_MAX).join(', ')}${rest}`;
  return `${about}: ${types.join(', ')}=${status} ${reason}${age}${shown === '' ? '' : `: ${shown}`}. → ${then}`;
}
