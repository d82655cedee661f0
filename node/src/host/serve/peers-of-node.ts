import type { Genesis, NodeConfig } from '@civitas/deployment';
import type { Logger } from '@civitas/telemetry';
import type { Pod } from '../config/pod.ts';
import { type AwaitPeers, awaitedNodes, peersSource } from '../engine/cometbft/peers-source.ts';
import type { LedgerStore } from '../store/ledger-store.ts';

/** Where the engine of a node learns who its peers are, at its start and whenever it misses one. */
export function peersOfNode(
  {
    pod,
    config,
    log,
  }: { readonly pod: Pick<Pod, 'pathOf'>; readonly config: Pick<NodeConfig, 'node' | 'stateSync'>; readonly log: Pick<Logger, 'error'> },
  genesis: Pick<Genesis, 'validators'>,
  store: Pick<LedgerStore, 'readHead'>,
): AwaitPeers {
  return peersSource({
    path: pod.pathOf('peers'),
    awaited: () =>
      awaitedNodes({
        name: config.node,
        founders: genesis.validators.map(({ node }) => node),
        height: store.readHead()?.height ?? 0,
        isJoining: config.stateSync === true,
      }),
    onRefused: (code) => log.error('peers-refused', { code }),
  });
}
