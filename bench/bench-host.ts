import type { TestNetwork } from '../node/src/host/ledger/ledger-fixture.ts';
import type { LedgerHost } from '../node/src/host/ledger/ledger-host.ts';
import { openLedgerHost } from '../node/src/host/ledger/open-ledger-host.ts';

type HostParts = Parameters<typeof openLedgerHost>[0];

/** A validator alone, in this process: on the system's clock, and ended by anything that it would log as an error. */
export function openBenchHost(network: TestNetwork, parts: Pick<HostParts, 'dataDir' | 'crypto' | 'options'>): Promise<LedgerHost> {
  return openLedgerHost({
    ...parts,
    genesis: network.genesisBytes,
    consensusKey: network.consensus,
    clock: {
      nowUnixMs: Date.now,
      setTimer: (callback, delayMs) => {
        const timer = setTimeout(callback, delayMs);
        return () => clearTimeout(timer);
      },
    },
    log: {
      error: (event, fields) => {
        throw new Error(`${event} ${JSON.stringify(fields)}`);
      },
    },
  });
}
