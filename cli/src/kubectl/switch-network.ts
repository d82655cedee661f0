import { usage } from '../commands/usage.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { KubectlContext } from './context.ts';
import { findOne } from './find.ts';
import { conditionOf, fullName, KINDS } from './objects.ts';
import { waitFor } from './wait.ts';

export interface SwitchOptions {
  readonly wait: boolean;
  readonly timeoutSeconds: number;
  readonly yes: boolean;
}

interface Switch {
  readonly field: 'hibernated' | 'paused';
  readonly to: boolean;
  /** Condition that says that it came about. */
  readonly condition: 'Hibernated' | 'Paused';
  readonly done: string;
}

export const SWITCHES = {
  hibernate: { field: 'hibernated', to: true, condition: 'Hibernated', done: 'goes to sleep: no pods; volumes, keys and addresses stay' },
  wake: { field: 'hibernated', to: false, condition: 'Hibernated', done: 'wakes' },
  pause: { field: 'paused', to: true, condition: 'Paused', done: 'is paused: the operator looks, reports and changes nothing' },
  resume: { field: 'paused', to: false, condition: 'Paused', done: 'is no longer paused' },
} as const satisfies Readonly<Record<string, Switch>>;

/** Sets one of the switches in a network’s spec. @throws Fault USAGE where the network would stop and --yes is not given. */
export async function switchCommand(
  context: KubectlContext,
  verb: keyof typeof SWITCHES,
  name: string,
  options: SwitchOptions,
): Promise<ExitCode> {
  const { field, to, condition, done } = SWITCHES[verb];
  const network = await findOne(context, KINDS.networks, name);
  const { namespace } = network.metadata;
  const { terminal, dryRun, signal } = context;
  if ((network.spec[field] ?? false) === to) {
    terminal.line(`${fullName(network)} has spec.${field}: ${to} already`);
    terminal.result(network);
    return EXIT.ok;
  }
  if (verb === 'hibernate' && !options.yes && !dryRun)
    throw usage(`${fullName(network)} stops answering, and links to it wait, until it is woken: the same command with --yes does it`);
  const cluster = await context.cluster();
  const ref = { namespace, name: network.metadata.name };
  const asked = await cluster.mergePatch(KINDS.networks, ref, { spec: { [field]: to } }, { dryRun, signal });
  terminal.line(dryRun ? `would set spec.${field}: ${to}; the server has checked it, nothing was kept` : `${fullName(asked)} ${done}`);
  const isSaid = (): boolean => options.wait && !dryRun;
  const ended = isSaid()
    ? await waitFor(context, {
        resource: KINDS.networks,
        object: asked,
        timeoutSeconds: options.timeoutSeconds,
        progress: (now) => `${fullName(now)}: ${now.status?.phase ?? 'Pending'}`,
        isDone: (now) =>
          (now.status?.observedGeneration ?? 0) >= (asked.metadata.generation ?? 0) &&
          (conditionOf(now, condition)?.status === 'True') === to &&
          (verb !== 'wake' || conditionOf(now, 'Available')?.status === 'True'),
      })
    : asked;
  terminal.result(ended ?? asked);
  return EXIT.ok;
}
