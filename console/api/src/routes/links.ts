import type { FailedPacket, Packet } from '@civitas/console-contract';
import type { Principal } from '@civitas/identity';
import type { ConsoleContext } from '../context.ts';
import type { HandlersOf } from '../http/call.ts';
import { pageOf } from '../http/page.ts';
import { ProblemError } from '../http/problem-error.ts';
import { type LedgerLink, ledgerLinks } from '../kube/kinds.ts';
import { isVisible, visibleAgencies } from '../policy/visible.ts';
import { linkOf } from '../views/link-view.ts';

/** Links of which somebody may see one end. */
async function visibleLinks(context: ConsoleContext, principal: Principal): Promise<readonly LedgerLink[]> {
  const visible = visibleAgencies(principal);
  const partsIn = (namespace: string, name: string): string[] => context.view.partsOf({ namespace, name }).map(({ agency }) => agency);
  const seen = context.caches.links.store.list().filter(({ metadata, spec }) => {
    const { namespace = '' } = metadata;
    return isVisible(visible, [...partsIn(namespace, spec.from), ...partsIn(namespace, spec.to)]);
  });
  if (seen.length === 0) return [];
  return (await context.acting.mayRead(principal, ledgerLinks)) ? seen : [];
}

interface Told {
  readonly packets: readonly Packet[];
  readonly failed: readonly FailedPacket[];
  /** The end, where its ledger does not answer. */
  readonly silent: readonly string[];
}

/** What one end says of its packets to the other. */
async function toldBy(context: ConsoleContext, namespace: string, ends: { from: string; to: string }): Promise<Told> {
  const store = context.caches.networks.store;
  const [from, to] = [store.get(`${namespace}/${ends.from}`), store.get(`${namespace}/${ends.to}`)];
  if (from === undefined || to === undefined) return { packets: [], failed: [], silent: [] };
  const [packets, failed] = await Promise.all([
    context.ledgers.findPackets(from, to.spec.chainId),
    context.ledgers.findFailedPackets(from, to),
  ]);
  const isSilent = packets === undefined || failed === undefined;
  return { packets: packets ?? [], failed: failed ?? [], silent: isSilent ? [ends.from] : [] };
}

export function linkHandlers(context: ConsoleContext): HandlersOf<'listLinks' | 'getLink'> {
  return {
    listLinks: async ({ principal, query }) => {
      const page = pageOf(await visibleLinks(context, principal), query, ({ metadata }) => `${metadata.namespace}/${metadata.name}`);
      return { ...page, items: page.items.map(linkOf) };
    },
    getLink: async ({ principal, params, reply }) => {
      const namespace = context.view.namespace();
      const link = (await visibleLinks(context, principal)).find(
        ({ metadata }) => metadata.name === params.name && metadata.namespace === namespace,
      );
      if (link === undefined || namespace === undefined)
        throw new ProblemError('NOT_FOUND', `there is no link ${params.name} that you may see`);
      const { from, to } = link.spec;
      reply.header('etag', `"${link.metadata.resourceVersion}"`);
      const told = await Promise.all([toldBy(context, namespace, { from, to }), toldBy(context, namespace, { from: to, to: from })]);
      return {
        ...linkOf(link),
        packets: told.flatMap(({ packets }) => packets),
        failed: told.flatMap(({ failed }) => failed).sort((left, right) => right.endedAtUnixMs - left.endedAtUnixMs),
        silent: told.flatMap(({ silent }) => silent),
      };
    },
  };
}
