import type { ActionContext } from './action-context.ts';

/** An Event, about the node where it concerns one: what one object may be told of in a while is bounded. */
export function report({ context, network, observed, log }: ActionContext, reason: string, message: string, node?: string): true {
  const about = (node === undefined ? undefined : observed.nodes[node]?.ledgerNode) ?? network;
  context.events.record(about, { type: 'Normal', reason, message });
  log.info({ network: network.metadata.name, reason }, message);
  return true;
}
