import { EXIT, type ExitCode } from '../exit-codes.ts';
import { untilText } from './age.ts';
import type { KubectlContext } from './context.ts';
import { findOne, listOf } from './find.ts';
import { CERTIFICATE_SOON_MS } from './limits.ts';
import { KINDS, type NodeObject } from './objects.ts';

/** When each node’s certificate ends, the soonest first. */
export async function certsCommand(context: KubectlContext, name: string | undefined): Promise<ExitCode> {
  const network = name === undefined ? undefined : await findOne(context, KINDS.networks, name);
  const isOf = ({ metadata, spec }: NodeObject): boolean =>
    network === undefined || (metadata.namespace === network.metadata.namespace && spec.networkRef === network.metadata.name);
  const now = context.nowUnixMs();
  const rows = (await listOf(context, KINDS.nodes))
    .filter(isOf)
    .map(({ metadata, spec, status }) => ({
      node: metadata.name,
      network: spec.networkRef,
      namespace: metadata.namespace ?? '',
      notAfter: status?.certNotAfter ?? '',
      soon: status?.certNotAfter === undefined || Date.parse(status.certNotAfter) - now < CERTIFICATE_SOON_MS,
    }))
    .sort((left, right) => (left.notAfter < right.notAfter ? -1 : 1));
  context.terminal.table(
    ['node', 'network', 'namespace', 'ends', '', ''],
    rows.map(({ node, network: of, namespace, notAfter, soon }) => [
      node,
      of,
      namespace,
      notAfter === '' ? 'not known: the node does not answer' : notAfter,
      untilText(notAfter, now),
      soon ? '!' : '',
    ]),
  );
  context.terminal.result(rows);
  return EXIT.ok;
}
