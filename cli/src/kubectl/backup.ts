import type { KubeObject, ObjectBody, Resource } from '@civitas/kube';
import { usage } from '../commands/usage.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { Fault } from '../fault.ts';
import type { KubectlContext } from './context.ts';
import { findOne, listOf } from './find.ts';
import { API_VERSION, type BackupObject, conditionOf, fullName, KINDS, phaseOf, type RestoreObject, type TargetSpec } from './objects.ts';
import { waitFor } from './wait.ts';

export interface TargetFlags {
  readonly claim?: string;
  readonly path?: string;
  readonly s3?: string;
  readonly bucket?: string;
  readonly secret?: string;
  readonly region?: string;
}

export interface FollowFlags {
  readonly wait: boolean;
  readonly timeoutSeconds: number;
}

/** Where backups are put, as the flags say; undefined without any of them. @throws Fault USAGE for flags that name no whole target. */
export function targetOf({ claim, path, s3, bucket, secret, region }: TargetFlags): TargetSpec | undefined {
  if (claim !== undefined && s3 !== undefined) throw usage('name one place: --claim, or --s3 with --bucket and --secret');
  if (claim !== undefined) return { volume: { claimName: claim, ...(path === undefined ? {} : { path }) } };
  if (s3 === undefined) {
    if ([path, bucket, secret, region].some((flag) => flag !== undefined))
      throw usage('name the place: --claim <volume claim>, or --s3 <endpoint> with --bucket and --secret');
    return undefined;
  }
  if (bucket === undefined || secret === undefined) throw usage('--s3 goes with --bucket and --secret, a Secret that holds the access key');
  const where = { ...(path === undefined ? {} : { prefix: path }), ...(region === undefined ? {} : { region }) };
  return { s3: { endpoint: s3, bucket, ...where, credentialsSecretRef: { name: secret } } };
}

/** Takes a backup of a network. Without a place it goes where its schedule, or its last backup, put the others. */
export async function backupCommand(context: KubectlContext, name: string, flags: TargetFlags & FollowFlags): Promise<ExitCode> {
  const network = await findOne(context, KINDS.networks, name);
  const target = targetOf(flags) ?? (await usualTarget(context, network));
  const { namespace } = network.metadata;
  const body: ObjectBody = {
    ...{ apiVersion: API_VERSION, kind: 'LedgerBackup' },
    metadata: { generateName: `${network.metadata.name}-`, namespace },
    spec: { networkRef: network.metadata.name, target },
  };
  const cluster = await context.cluster();
  const made = await cluster.create<BackupObject>(KINDS.backups, body, { dryRun: context.dryRun, signal: context.signal });
  return followToEnd(context, KINDS.backups, made, flags);
}

async function usualTarget(context: KubectlContext, network: KubeObject): Promise<TargetSpec> {
  const isOf = ({ metadata, spec }: BackupObject): boolean =>
    metadata.namespace === network.metadata.namespace && spec.networkRef === network.metadata.name;
  const schedules = (await listOf(context, KINDS.schedules)).filter(isOf);
  const backups = (await listOf(context, KINDS.backups)).filter(isOf);
  const newest = [...backups].sort((left, right) => (left.metadata.creationTimestamp < right.metadata.creationTimestamp ? 1 : -1));
  const usual = schedules[0] ?? newest[0];
  if (usual !== undefined) return usual.spec.target;
  throw usage(
    `${fullName(network)} has neither a schedule nor a backup yet: name the place with --claim, or with --s3, --bucket and --secret`,
  );
}

export interface RestoreFlags extends FollowFlags {
  readonly chainId: string;
  readonly engine?: string;
  readonly validators?: number;
  readonly allowDowntime?: boolean;
}

/** Founds a new network from a verified backup; nothing that is there is written over. */
export async function restoreCommand(
  context: KubectlContext,
  { backup, name }: { readonly backup: string; readonly name: string },
  flags: RestoreFlags,
): Promise<ExitCode> {
  const { chainId, engine, validators, allowDowntime } = flags;
  const source = await findOne(context, KINDS.backups, backup);
  const choices = { ...(engine === undefined ? {} : { engine }), ...(validators === undefined ? {} : { validators }) };
  const body: ObjectBody = {
    ...{ apiVersion: API_VERSION, kind: 'LedgerRestore' },
    metadata: { generateName: `${name}-`, namespace: source.metadata.namespace },
    spec: {
      source: { backupRef: { name: source.metadata.name } },
      network: { name, chainId, ...choices, ...(allowDowntime === true ? { allowDowntime } : {}) },
    },
  };
  const cluster = await context.cluster();
  const made = await cluster.create<RestoreObject>(KINDS.restores, body, { dryRun: context.dryRun, signal: context.signal });
  return followToEnd(context, KINDS.restores, made, flags);
}

/** Rebuilds a fenced node from a verified backup of its own chain; what came after it the node takes from its peers. */
export async function restoreNodeCommand(
  context: KubectlContext,
  { backup, node }: { readonly backup: string; readonly node: string },
  flags: FollowFlags,
): Promise<ExitCode> {
  const source = await findOne(context, KINDS.backups, backup);
  const { namespace, name } = source.metadata;
  const body: ObjectBody = {
    ...{ apiVersion: API_VERSION, kind: 'LedgerRestore' },
    metadata: { generateName: `${node}-`, namespace },
    spec: { source: { backupRef: { name } }, node: { networkRef: source.spec.networkRef, name: node } },
  };
  const cluster = await context.cluster();
  const made = await cluster.create<RestoreObject>(KINDS.restores, body, { dryRun: context.dryRun, signal: context.signal });
  return followToEnd(context, KINDS.restores, made, flags);
}

/** Tells what was asked for; with `wait` until it has come to its end. @throws Fault OPERATION_UNDONE where that is another one. */
async function followToEnd<T extends BackupObject | RestoreObject>(
  context: KubectlContext,
  resource: Resource<T>,
  made: T,
  { wait, timeoutSeconds }: FollowFlags,
): Promise<ExitCode> {
  const { terminal, dryRun } = context;
  if (dryRun) terminal.line(`would make a ${made.kind}; the server has checked it, nothing was kept`);
  else terminal.line(`asked for: ${made.kind} ${fullName(made)}`);
  const ended =
    wait && !dryRun
      ? await waitFor(context, {
          resource,
          object: made,
          timeoutSeconds,
          progress: saidOf,
          isDone: (now) => now.status?.finishedAt !== undefined,
        })
      : made;
  terminal.result(ended ?? made);
  if (!wait || dryRun || (ended !== undefined && conditionOf(ended, 'Complete')?.status === 'True')) return EXIT.ok;
  const said = ended === undefined ? `${fullName(made)} was deleted before it was done` : saidOf(ended);
  throw new Fault('OPERATION_UNDONE', said, { exitCode: EXIT.refused });
}

function saidOf(object: BackupObject | RestoreObject): string {
  if (object.status?.phase === undefined) return '';
  const message = conditionOf(object, 'Complete')?.message ?? '';
  return `${object.kind} ${object.metadata.name}: ${phaseOf(object)}${message === '' ? '' : `: ${message}`}`;
}
