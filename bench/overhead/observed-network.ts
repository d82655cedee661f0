import { readFileSync } from 'node:fs';
import { type NodeConfig, PORTS } from '@civitas/deployment';
import { waitFor } from '@civitas/testkit';
import { aDocument, type ConsensusNetwork } from '../../test/consensus/network/consensus-network.ts';

/** How a network is watched while it is measured. */
export interface Watching {
  readonly logLevel: NodeConfig['logLevel'];
  readonly tracing?: NodeConfig['tracing'];
  /** How often every node is scraped and a synthetic operation goes through the first, ms; neither where there is none. */
  readonly scrapeMs?: number;
  readonly probeMs?: number;
}

const BACK_MS = 300_000;

/** Gives every node another configuration and starts it anew with it; resolves when all follow the chain again. */
export async function restartWatched(network: ConsensusNetwork, { logLevel, tracing }: Watching): Promise<void> {
  for (const pod of network.pods) {
    const { tracing: _, ...config }: NodeConfig = JSON.parse(readFileSync(pod.pathOf('config'), 'utf8'));
    pod.write('config', JSON.stringify({ ...config, logLevel, ...(tracing === undefined ? {} : { tracing }) }));
  }
  await Promise.all(network.indexes.map((index) => network.kill(index, 'both', 'SIGTERM')));
  for (const index of network.indexes) network.start(index);
  for (const index of network.indexes) {
    const isBack = async (): Promise<boolean> => {
      const { phase, unwell, caughtUp } = await network.status(index);
      return phase === 'Serving' && unwell === '' && caughtUp;
    };
    await waitFor(`node ${index} is back`, isBack, BACK_MS);
  }
  await network.submit(0, aDocument());
}

/** Does what a Prometheus and a probe do, until it is stopped. */
export function watch(network: ConsensusNetwork, { scrapeMs, probeMs }: Watching): { readonly stop: () => void } {
  const scrape = async (address: string): Promise<void> => {
    const answer = await fetch(`http://${address}:${PORTS.metrics}/metrics`).catch(() => undefined);
    await answer?.text().catch(() => '');
  };
  const timers = [
    ...(scrapeMs === undefined
      ? []
      : [setInterval(() => void Promise.all(network.pods.map(({ options }) => scrape(options.address))), scrapeMs)]),
    ...(probeMs === undefined ? [] : [setInterval(() => void network.refusalOf(0, aDocument()), probeMs)]),
  ];
  return {
    stop: () => {
      for (const timer of timers) clearInterval(timer);
    },
  };
}
