import type { Packet } from '@civitas/console-contract';
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

/** Packets that one end has on the way to the other; none where its ledger does not answer. */
async function packetsBetween(context: ConsoleContext, namespace: string, ends: { from: string; to: string }): Promise<readonly Packet[]> {
  const store = context.caches.networks.store;
  const [from, to] = [store.get(`${namespace}/${ends.from}`), store.get(`${namespace}/${ends.to}`)];
  if (from === undefined || to === undefined) return [];
  return (await context.ledgers.findPackets(from, to.spec.chainId)) ?? [];
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
      const packets = await Promise.all([
        packetsBetween(context, namespace, { from, to }),
        packetsBetween(context, namespace, { from: to, to: from }),
      ]);
      return { ...linkOf(link), packets: packets.flat() };
    },
  };
}
