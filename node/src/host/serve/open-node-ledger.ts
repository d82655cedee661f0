import { openLedgerHost } from '../ledger/open-ledger-host.ts';
import type { OpenLedger } from './serve-node.ts';

/** Opens the ledger of a node process on the embedded engine, with the process's own clock and timers. */
export const openNodeLedger: OpenLedger = ({ dataFolder, genesisBytes, config, keys, grant, crypto, verdicts, log }) => {
  // Its recipe is in the design; this version ships one engine and says so rather than ordering with another.
  if (config.engine !== 'embedded') throw new Error(`engine ${config.engine} is not part of this version; expected embedded`);
  return openLedgerHost({
    dataDir: dataFolder,
    genesis: genesisBytes,
    consensusKey: keys.consensus,
    crypto,
    clock: {
      nowUnixMs: Date.now,
      setTimer: (callback, delayMs) => {
        const timer = setTimeout(callback, delayMs);
        return () => clearTimeout(timer);
      },
    },
    log,
    options: { emptyBlockIntervalMs: config.emptyBlockIntervalMs, signing: grant, verdicts },
  });
};
