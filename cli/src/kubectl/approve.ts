import { usage } from '../commands/usage.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { KubectlContext } from './context.ts';
import { listOf } from './find.ts';
import { type ChangeObject, fullName, KINDS, type OperationObject } from './objects.ts';
import { isUnderWay } from './under-way.ts';

/** Lets an operation or a change with approval Manual begin. @throws Fault USAGE where none of that name waits for a person. */
export async function approveCommand(context: KubectlContext, name: string): Promise<ExitCode> {
  const { terminal, dryRun, signal } = context;
  const one = await findWaiting(context, name);
  const { namespace } = one.metadata;
  const cluster = await context.cluster();
  const ref = { namespace, name: one.metadata.name };
  const patch = { spec: { approved: true } };
  const approved =
    'changes' in one.spec
      ? await cluster.mergePatch(KINDS.changes, ref, patch, { dryRun, signal })
      : await cluster.mergePatch(KINDS.operations, ref, patch, { dryRun, signal });
  terminal.line(dryRun ? `would approve ${fullName(approved)}; nothing was kept` : `approved ${approved.kind} ${fullName(approved)}`);
  terminal.result(approved);
  return EXIT.ok;
}

/** Ends an operation before its next step. What has been done stays. */
export async function abortCommand(context: KubectlContext, name: string): Promise<ExitCode> {
  const { terminal, dryRun, signal } = context;
  const named = (await listOf(context, KINDS.operations)).filter(({ metadata }) => metadata.name === name);
  const [one] = named;
  if (one === undefined || named.length > 1) throw usage(notOne('LedgerOperation', name, named));
  if (!isUnderWay(one)) throw usage(`${fullName(one)} is over: ${one.status?.phase}`);
  const cluster = await context.cluster();
  const ref = { namespace: one.metadata.namespace, name };
  const aborted = await cluster.mergePatch(KINDS.operations, ref, { spec: { abort: true } }, { dryRun, signal });
  terminal.line(
    dryRun ? `would abort ${fullName(aborted)}; nothing was kept` : `${fullName(aborted)} begins no further step; what is done stays`,
  );
  terminal.result(aborted);
  return EXIT.ok;
}

async function findWaiting(context: KubectlContext, name: string): Promise<OperationObject | ChangeObject> {
  const all = [...(await listOf(context, KINDS.operations)), ...(await listOf(context, KINDS.changes))];
  const named = all.filter((one) => one.metadata.name === name || fullName(one) === name);
  const [one] = named;
  if (one === undefined || named.length > 1) throw usage(notOne('LedgerOperation or ValidatorChange', name, named));
  if (!isUnderWay(one)) throw usage(`${fullName(one)} is over: ${one.status?.phase}`);
  if (one.spec.approval !== 'Manual') throw usage(`${fullName(one)} waits for no person: its approval is Auto`);
  return one;
}

function notOne(what: string, name: string, named: readonly (OperationObject | ChangeObject)[]): string {
  if (named.length === 0) return `there is no ${what} '${name}'`;
  return `several are named '${name}': ${named.map((one) => `${one.kind} ${fullName(one)}`).join(', ')}; say which with -n`;
}
