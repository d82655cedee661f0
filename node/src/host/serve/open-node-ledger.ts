import type { Bytes } from '@civitas/canon';
import { type NodeConfig, PORTS } from '@civitas/deployment';
import { parseGenesis } from '../config/parse-genesis.ts';
import type { AbciStep } from '../engine/cometbft/abci-application.ts';
import { CometbftEngine, type CometbftEngineOptions } from '../engine/cometbft/cometbft-engine.ts';
import { SIGNER_SOCKET } from '../engine/cometbft/engine-socket.ts';
import { readEngineKeys } from '../keys/engine-keys.ts';
import { type OpenEngine, openLedgerHost } from '../ledger/open-ledger-host.ts';
import { dropOriginWhenFollowed, foundFromBackup } from '../snapshot/found-from-backup.ts';
import { dropBrokenJoin } from '../snapshot/join-marker.ts';
import { rebuildFromBackup, restoreBackup } from '../snapshot/restore-backup.ts';
import { startJoin } from '../snapshot/start-join.ts';
import { engineHomeOf } from './engine-folder.ts';
import { peersOfNode } from './peers-of-node.ts';
import type { OpenLedger } from './serve-node.ts';

/** Called at each point of a block's way; crash tests end the process there. */
export type OnAbciStep = (step: AbciStep, height: number) => void;

/** Where a signer of its own finds the engine; '' where the key is on the volume. */
function signerOf(
  { remoteSigner }: Pick<NodeConfig, 'remoteSigner'>,
  address: string,
  publicKey: Bytes,
): Pick<CometbftEngineOptions, 'remoteSignerAddress' | 'signerPublicKey'> {
  if (remoteSigner === undefined) return { remoteSignerAddress: '' };
  if (remoteSigner.dials !== 'tcp') return { remoteSignerAddress: `unix://${SIGNER_SOCKET}` };
  return { remoteSignerAddress: `tcp://${address}:${PORTS.signer}`, signerPublicKey: publicKey };
}

function cometbftOpener(request: Parameters<OpenLedger>[0], onStep: OnAbciStep | undefined): OpenEngine {
  const { dataFolder, config, pod, version, keys, grant, crypto, certificates, log } = request;
  return ({ genesis, application, store, snapshots, onFault, settleEmbedded }) => {
    return new CometbftEngine({
      home: engineHomeOf(pod),
      podUid: pod.uid,
      node: config.node,
      address: pod.address,
      version,
      emptyBlockIntervalMs: config.emptyBlockIntervalMs,
      genesis,
      keys: readEngineKeys(dataFolder, config.remoteSigner !== undefined),
      sha256: crypto.sha256,
      application,
      store,
      snapshots,
      signing: grant,
      ownNodeId: keys.engineNodeId,
      awaitPeers: peersOfNode(request, genesis, store),
      stateSync: (peers) =>
        startJoin({
          config,
          genesis,
          crypto,
          store,
          snapshots,
          dataFolder,
          engineHome: engineHomeOf(pod),
          provider: certificates,
          peers,
          handOverProgram: pod.handOverProgram,
          log,
        }),
      ...signerOf(config, pod.address, keys.consensus.publicKey),
      embedded: { program: pod.handOverProgram, settle: settleEmbedded },
      log,
      onFault,
      ...(onStep === undefined ? {} : { onStep }),
    });
  };
}

/**
 * Opens the ledger of a node process on the engine its configuration names, with the process's own clock and timers.
 *
 * @param newestProtocol the newest protocol version to execute, for tests of an older release; default the newest of this one.
 */
export function nodeLedgerOpener(onStep?: OnAbciStep, newestProtocol?: number): OpenLedger {
  return async (request) => {
    const { dataFolder, genesisBytes, config, keys, grant, crypto, verdicts, verifyEd25519, log } = request;
    if (dropBrokenJoin(dataFolder)) log.warn('join-starts-over');
    const genesisHash = crypto.sha256(genesisBytes);
    const parsed = parseGenesis(genesisBytes, config);
    if (await rebuildFromBackup({ dataFolder, crypto, genesisHash, log }))
      log.warn('ledger-is-of-a-backup', { rebuild: config.rebuild ?? '' });
    // What a founding chain takes over is another one's: none of its blocks may be restored as ours.
    if (parsed.ok && parsed.value.appState.origin !== undefined)
      await foundFromBackup({ dataFolder, crypto, genesis: parsed.value, genesisHash, log });
    else await restoreBackup({ dataFolder, crypto, genesisHash, engine: config.engine, log });
    const host = await openLedgerHost({
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
      options: {
        emptyBlockIntervalMs: config.emptyBlockIntervalMs,
        signing: grant,
        verdicts,
        verifyEd25519,
        ...(newestProtocol === undefined ? {} : { newestProtocol }),
        ...(config.retention === undefined ? {} : { retention: config.retention }),
        ...(config.snapshotIntervalBlocks === undefined ? {} : { snapshotIntervalBlocks: config.snapshotIntervalBlocks }),
        ...(config.snapshotPeriodMs === undefined ? {} : { snapshotPeriodMs: config.snapshotPeriodMs }),
        ...(config.engine === 'cometbft' ? { openEngine: cometbftOpener(request, onStep) } : {}),
      },
    });
    if (parsed.ok && parsed.value.appState.origin !== undefined) dropOriginWhenFollowed(dataFolder, host);
    return host;
  };
}
