import { EXIT, type ExitCode } from '../exit-codes.ts';
import { sinceText } from './age.ts';
import type { KubectlContext } from './context.ts';
import { findOne, listOf } from './find.ts';
import { type ChangeObject, conditionOf, fullName, KINDS, type NetworkObject, type NodeObject, type OperationObject } from './objects.ts';
import { reasonText } from './reasons/index.ts';
import { isUnderWay, progressText } from './under-way.ts';

/** What is to be done to a network and in which order, with the quorum at each step; what waits, and for what. */
export async function planCommand(context: KubectlContext, name: string): Promise<ExitCode> {
  const { terminal } = context;
  const network = await findOne(context, KINDS.networks, name);
  const isOf = ({ metadata, spec }: OperationObject | ChangeObject | NodeObject): boolean =>
    metadata.namespace === network.metadata.namespace && spec.networkRef === network.metadata.name;
  const nodes = (await listOf(context, KINDS.nodes)).filter(isOf).sort((left, right) => left.spec.ordinal - right.spec.ordinal);
  const operations = (await listOf(context, KINDS.operations)).filter((one) => isOf(one) && isUnderWay(one));
  const changes = (await listOf(context, KINDS.changes)).filter((one) => isOf(one) && isUnderWay(one));
  const now = context.nowUnixMs();
  terminal.line(headline(network));
  for (const type of ['Progressing', 'UpdatePending', 'Degraded'])
    for (const text of underWayLines(network, type, now)) terminal.line(text);
  terminal.line();
  terminal.table(
    ['node', 'role', 'phase', 'height', 'lag', 'signing'],
    nodes.map((node) => [
      node.metadata.name,
      node.spec.role,
      node.status?.phase ?? '',
      String(node.status?.height ?? ''),
      String(node.status?.lagBlocks ?? ''),
      node.status?.signing === true ? 'yes' : 'no',
    ]),
  );
  for (const operation of operations) tellOperation(context, operation);
  for (const change of changes) tellChange(context, change);
  if (operations.length + changes.length === 0) {
    terminal.line();
    terminal.line('no operation and no change of validators is under way');
  }
  terminal.result({ network, nodes, operations, changes });
  return EXIT.ok;
}

function headline(network: NetworkObject): string {
  const { validators } = network.status ?? {};
  const spare = validators?.spareFaults ?? 0;
  const margin =
    validators === undefined
      ? 'its validators are not known yet'
      : `${validators.summary} validators serve, ${validators.quorum} are needed, ${spare} more may fail`;
  return `${fullName(network)}: ${network.status?.phase ?? 'Pending'}; ${margin}`;
}

function underWayLines(network: NetworkObject, type: string, nowUnixMs: number): readonly string[] {
  const condition = conditionOf(network, type);
  if (condition?.status !== 'True') return [];
  const advice = reasonText(condition.reason)?.then;
  const said = `${type} ${condition.reason} for ${sinceText(condition.lastTransitionTime, nowUnixMs)}: ${condition.message}`;
  return [advice === undefined ? said : `${said}. → ${advice}`];
}

function tellOperation({ terminal }: KubectlContext, operation: OperationObject): void {
  terminal.line();
  terminal.line(progressText(operation) || `LedgerOperation ${operation.metadata.name}: not looked at yet`);
  terminal.table(
    ['step', 'node', 'state', 'may fail meanwhile'],
    (operation.status?.plan ?? []).map(({ ordinal, node, state, spareFaults }) => [String(ordinal), node, state, marginText(spareFaults)]),
  );
}

function marginText(spareFaults: number): string {
  return spareFaults < 0 ? `none: the quorum would be lost by ${-spareFaults}` : String(spareFaults);
}

function tellChange({ terminal }: KubectlContext, change: ChangeObject): void {
  terminal.line();
  terminal.line(progressText(change) || `ValidatorChange ${change.metadata.name}: not looked at yet`);
  terminal.table(
    ['step', 'does', 'state', 'validators after', 'needed', 'may fail'],
    (change.status?.steps ?? []).map((step) => [
      String(step.number),
      `${step.action === 'Join' ? 'add' : 'remove'} ${step.node}`,
      step.state,
      String(step.validatorsAfter),
      String(step.neededAfter),
      String(step.mayFailAfter),
    ]),
  );
}
