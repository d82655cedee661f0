import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SeededRandom } from '@civitas/testkit';
import { findEngineTools } from '../../../tools/engine/engine-tools.ts';
import { type ConsensusNetwork, type NodeOptions, startConsensusNetwork } from '../network/consensus-network.ts';
import { CappedDisk, whyNoCappedDisk } from './capped-disk.ts';
import { LinkMesh } from './link-mesh.ts';
import { NetworkWatcher } from './network-watcher.ts';
import { NodeClock, whyNoNodeClock } from './node-clock.ts';
import type { FaultKind } from './schedule.ts';

const CRASHING_NODE = fileURLToPath(new URL('../network/crashing-node.ts', import.meta.url));
const DISK_MEGABYTES = 128;
/** More than any clock is set back. */
const NETWORK_AGE_MS = 600_000;
/** Which node is prepared for what cannot be done to any other. */
const CLOCKED_NODE = 1;
const SKEWED_ENGINE = 2;
const CAPPED_NODE = 3;

/** Reads a clock that is off by so much at its next start. */
export interface EngineClock {
  shift(seconds: number): void;
  readonly environment: Readonly<Record<string, string>>;
}

function anEngineClock(): EngineClock {
  const environment: Record<string, string> = {};
  return {
    environment,
    shift: (seconds) => {
      environment['CIVITAS_CLOCK_SKEW_MS'] = String(seconds * 1_000);
    },
  };
}

/** Kinds of faults that this machine does not allow, with the reason. */
export function impossibleFaults(): ReadonlyMap<FaultKind, string> {
  const reasons: readonly [FaultKind, string | undefined][] = [
    ['disk-full', whyNoCappedDisk()],
    ['node-clock', whyNoNodeClock()],
    ['engine-clock', findEngineTools() === undefined ? 'no engine with a shifted clock: npm run engine:install' : undefined],
  ];
  return new Map(reasons.flatMap(([kind, why]) => (why === undefined ? [] : [[kind, why] as const])));
}

/** A network of real processes whose links, clocks and disks a test has in its hand. */
export class FaultyNetwork {
  readonly network: ConsensusNetwork;
  readonly mesh: LinkMesh;
  readonly watcher: NetworkWatcher;
  readonly nodeClock: NodeClock;
  readonly engineClock: EngineClock;
  readonly disk: CappedDisk | undefined;
  readonly #folder: string;

  private constructor(parts: Omit<FaultyNetwork, 'close' | 'watcher' | 'prepared'>, folder: string) {
    this.network = parts.network;
    this.mesh = parts.mesh;
    this.nodeClock = parts.nodeClock;
    this.engineClock = parts.engineClock;
    this.disk = parts.disk;
    this.#folder = folder;
    this.watcher = new NetworkWatcher(parts.network);
  }

  /** The only nodes to which some faults can happen. */
  get prepared(): Partial<Readonly<Record<FaultKind, number>>> {
    return { 'node-clock': CLOCKED_NODE, 'engine-clock': SKEWED_ENGINE, 'disk-full': CAPPED_NODE, 'crash-in-block': CAPPED_NODE };
  }

  /** @param parts.validators 4 … 12. */
  static async start(parts: { readonly validators: number; readonly random: SeededRandom }): Promise<FaultyNetwork> {
    const { validators, random } = parts;
    const impossible = impossibleFaults();
    const folder = mkdtempSync(join(tmpdir(), 'civitas-faults-'));
    const nodeClock = new NodeClock(join(folder, 'node-clock'));
    const engineClock = anEngineClock();
    const disks: CappedDisk[] = [];
    // A subnet of the run's own, whatever the seed: two runs of one seed may stand side by side.
    const subnet = `127.${200 + Math.floor(Math.random() * 50)}.${Math.floor(Math.random() * 256)}`;
    const mesh = await LinkMesh.open({ nodeCount: validators, subnet, random });
    const skewed = findEngineTools()?.path('cometbft-skewed');
    const optionsOf = (index: number): NodeOptions => ({
      address: mesh.addressOf(index),
      ...(index === CLOCKED_NODE && !impossible.has('node-clock') ? { environment: nodeClock.environment } : {}),
      ...(index === SKEWED_ENGINE && skewed !== undefined ? { environment: engineClock.environment, engineBinary: skewed } : {}),
      ...(index === CAPPED_NODE ? { entryPoints: { node: [CRASHING_NODE] } } : {}),
    });
    try {
      const network = await startConsensusNetwork({
        validators,
        node: optionsOf,
        // An engine whose clock is before the genesis sleeps until then: however young the network, a clock may fall behind.
        genesis: (genesis) => ({ ...genesis, genesisTimeUnixMs: genesis.genesisTimeUnixMs - NETWORK_AGE_MS }),
        peers: (index, document) => mesh.peersOf(index, document),
        onPod: (index, pod) => {
          if (index !== CAPPED_NODE || impossible.has('disk-full')) return;
          const disk = new CappedDisk(join(folder, 'disk'), DISK_MEGABYTES);
          disks.push(disk);
          mkdirSync(dirname(pod.pathOf('data')), { recursive: true });
          symlinkSync(disk.folder, pod.pathOf('data'));
        },
      });
      return new FaultyNetwork({ network, mesh, nodeClock, engineClock, disk: disks[0] }, folder);
    } catch (error) {
      await mesh.close();
      for (const disk of disks) disk.close();
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  async close(): Promise<void> {
    this.watcher.close();
    await this.network.stop();
    this.disk?.close();
    await this.mesh.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
