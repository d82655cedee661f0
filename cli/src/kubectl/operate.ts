import type { ObjectBody } from '@civitas/kube';
import { usage } from '../commands/usage.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { Fault } from '../fault.ts';
import type { KubectlContext } from './context.ts';
import { findOne, listOf } from './find.ts';
import { API_VERSION, fullName, KINDS, type NetworkObject, type OperationObject } from './objects.ts';
import { isComplete, isUnderWay, progressText } from './under-way.ts';
import { waitFor } from './wait.ts';

export interface OperateOptions {
  /** Follow it to its end. */
  readonly wait: boolean;
  readonly timeoutSeconds: number;
  /** It begins only when somebody approves it. */
  readonly manual: boolean;
}

export interface OrderedOperation {
  readonly type: string;
  readonly nodes?: readonly string[];
  readonly version?: string;
  readonly storageSize?: string;
  readonly overlapSeconds?: number;
}

/** Asks for a day-two operation on a network, or on nodes of one. */
export async function operateCommand(
  context: KubectlContext,
  target: { readonly network: string } | { readonly nodes: readonly string[] },
  order: OrderedOperation,
  options: OperateOptions,
): Promise<ExitCode> {
  const network =
    'network' in target ? await networkWithNodes(context, target.network, order.nodes) : await networkOf(context, target.nodes);
  const nodes = 'nodes' in target ? target.nodes : order.nodes;
  const { namespace, name } = network.metadata;
  const body: ObjectBody = {
    ...{ apiVersion: API_VERSION, kind: 'LedgerOperation' },
    metadata: { generateName: `${name}-${order.type.toLowerCase()}-`, namespace },
    spec: { networkRef: name, ...order, ...(nodes === undefined ? {} : { nodes }), ...(options.manual ? { approval: 'Manual' } : {}) },
  };
  const cluster = await context.cluster();
  const made = await cluster.create<OperationObject>(KINDS.operations, body, { dryRun: context.dryRun, signal: context.signal });
  return follow(context, made, options);
}

async function networkWithNodes(context: KubectlContext, name: string, nodes: readonly string[] | undefined): Promise<NetworkObject> {
  const network = await findOne(context, KINDS.networks, name);
  const there = (await listOf(context, KINDS.nodes))
    .filter(({ metadata, spec }) => metadata.namespace === network.metadata.namespace && spec.networkRef === network.metadata.name)
    .map(({ metadata }) => metadata.name);
  const foreign = (nodes ?? []).filter((node) => !there.includes(node));
  if (foreign.length > 0) throw usage(`${fullName(network)} has no node ${foreign.join(', ')}; its nodes are ${there.sort().join(', ')}`);
  return network;
}

async function networkOf(context: KubectlContext, names: readonly string[]): Promise<NetworkObject> {
  const nodes = await Promise.all(names.map((name) => findOne(context, KINDS.nodes, name)));
  const refs = new Set(nodes.map(({ metadata, spec }) => `${metadata.namespace}/${spec.networkRef}`));
  const [ref = ''] = refs;
  if (refs.size > 1) throw usage(`one operation is done to one network; these nodes are of ${[...refs].join(', ')}`);
  return findOne(context, KINDS.networks, ref);
}

/** Tells what was asked for; with `wait` until it has come to its end. @throws Fault OPERATION_UNDONE where that is another one. */
export async function follow(
  context: KubectlContext,
  made: OperationObject,
  options: Pick<OperateOptions, 'wait' | 'timeoutSeconds'>,
): Promise<ExitCode> {
  const { terminal } = context;
  const name = fullName(made);
  if (context.dryRun) {
    terminal.line(`would ask for ${made.spec.type} of ${made.spec.networkRef}; the server has checked it, nothing was kept`);
    terminal.result(made);
    return EXIT.ok;
  }
  terminal.line(`asked for ${made.spec.type} of ${made.spec.networkRef}: LedgerOperation ${name}`);
  if (made.spec.approval === 'Manual') terminal.line(`it waits for: kubectl civitas approve ${made.metadata.name}`);
  if (!options.wait) {
    terminal.line(`kubectl civitas plan ${made.spec.networkRef} shows its steps`);
    terminal.result(made);
    return EXIT.ok;
  }
  const ended = await waitFor(context, {
    resource: KINDS.operations,
    object: made,
    timeoutSeconds: options.timeoutSeconds,
    progress: progressText,
    isDone: (operation) => !isUnderWay(operation),
  });
  terminal.result(ended ?? made);
  if (ended !== undefined && isComplete(ended)) return EXIT.ok;
  const said = ended === undefined ? `${name} was deleted before it was done` : progressText(ended);
  throw new Fault('OPERATION_UNDONE', said, { exitCode: EXIT.refused });
}
