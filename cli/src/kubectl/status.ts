import { EXIT, type ExitCode } from '../exit-codes.ts';
import { sinceText, untilText } from './age.ts';
import type { KubectlContext } from './context.ts';
import { listOf } from './find.ts';
import { dashboardUrl, findGrafana } from './grafana.ts';
import { KINDS, type NetworkObject, type NodeObject, phaseOf } from './objects.ts';
import { findLeader, type Leader } from './operator-lease.ts';
import { isUnderWay } from './under-way.ts';
import { collectFindings, isOpen } from './why.ts';

/** The installation on one screen: city, operator, networks, links, what is under way, and how much is not green. */
export async function statusCommand(context: KubectlContext, names: readonly string[]): Promise<ExitCode> {
  const { terminal } = context;
  const [cities, leader, grafana, networks, nodes, links, operations, changes, findings] = await Promise.all([
    listOf(context, KINDS.cityConfigs),
    findLeader(context),
    findGrafana(context),
    listOf(context, KINDS.networks),
    listOf(context, KINDS.nodes),
    listOf(context, KINDS.links),
    listOf(context, KINDS.operations),
    listOf(context, KINDS.changes),
    collectFindings(context),
  ]);
  const now = context.nowUnixMs();
  const shown = networks.filter(({ metadata }) => names.length === 0 || names.includes(metadata.name));
  for (const city of cities) {
    const ready = city.status?.conditions?.find(({ type }) => type === 'Ready');
    terminal.line(`city      ${city.metadata.name}: ${phaseOf(city)}${ready === undefined ? '' : `, ${ready.message}`}`);
  }
  terminal.line(`operator  ${leaderText(leader, now)}`);
  if (grafana !== undefined) {
    const wanted = names.length === 0 ? [undefined] : shown.map(({ spec }) => spec.chainId);
    for (const chainId of wanted) terminal.line(`look at   ${dashboardUrl(grafana, chainId)}`);
  }
  terminal.line();
  terminal.table(
    ['network', 'namespace', 'phase', 'engine', 'validators', 'spare', 'height', 'release', 'certificate', 'backup'],
    shown.map((network) => networkRow(network, now)),
  );
  const unwell = nodes.filter((node) => phaseOf(node) !== 'Ready' && shown.some(({ metadata }) => metadata.name === node.spec.networkRef));
  if (unwell.length > 0) {
    terminal.line();
    terminal.table(['node', 'role', 'phase', 'lag', 'says'], unwell.map(nodeRow));
  }
  const flowing = links.filter(({ spec }) => names.length === 0 || names.includes(spec.from) || names.includes(spec.to));
  if (flowing.length > 0) {
    terminal.line();
    terminal.table(
      ['link', 'phase', 'in flight', 'oldest'],
      flowing.map((link) => [
        link.metadata.name,
        phaseOf(link),
        String(link.status?.inFlight ?? ''),
        link.status?.inFlight === 0 ? '' : (link.status?.oldestPendingAge ?? ''),
      ]),
    );
  }
  const underWay = [...operations, ...changes].filter(
    (one) => isUnderWay(one) && (names.length === 0 || names.includes(one.spec.networkRef)),
  );
  if (underWay.length > 0) {
    terminal.line();
    terminal.table(
      ['under way', 'network', 'phase', 'done', 'since'],
      underWay.map((one) => [
        `${one.kind} ${one.metadata.name}`,
        one.spec.networkRef,
        phaseOf(one),
        one.status?.progress ?? '',
        sinceText(one.metadata.creationTimestamp, now),
      ]),
    );
  }
  terminal.line();
  const open = findings.filter(isOpen).length;
  terminal.line(open === 0 ? 'everything is green' : `${open} not green: kubectl civitas why`);
  terminal.result({ cities, leader, networks: shown, nodes, links: flowing, underWay, findings });
  return EXIT.ok;
}

function leaderText(leader: Leader, nowUnixMs: number): string {
  if (leader.state === 'leading') return `${leader.holder} leads, heard of ${sinceText(leader.renewed, nowUnixMs)} ago`;
  if (leader.state === 'unknown') return 'you may not read its Lease';
  const last = sinceText(leader.renewed, nowUnixMs);
  return `nobody leads${last === '' ? '' : ` since ${last}`}: what stands below may be old`;
}

function networkRow({ metadata, status, ...network }: NetworkObject, nowUnixMs: number): string[] {
  const backup = status?.lastVerifiedBackup?.time;
  return [
    metadata.name,
    metadata.namespace ?? '',
    phaseOf({ ...network, ...(status === undefined ? {} : { status }) }),
    status?.engine ?? '',
    status?.validators?.summary ?? '',
    String(status?.validators?.spareFaults ?? ''),
    String(status?.height ?? ''),
    status?.release ?? '',
    untilText(status?.certificates?.earliestExpiry, nowUnixMs),
    backup === undefined ? 'none' : `${sinceText(backup, nowUnixMs)} ago`,
  ];
}

function nodeRow(node: NodeObject): string[] {
  const { status, spec, metadata } = node;
  return [metadata.name, spec.role, phaseOf(node), String(status?.lagBlocks ?? ''), status?.unwell ?? ''];
}
