import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nodeCrypto } from '@civitas/canon/node';
import { unixMsOf } from '@civitas/proofs';
import { waitFor } from '@civitas/testkit';
import type { AbciStep } from '../../../node/src/host/engine/cometbft/abci-application.ts';
import type { Part } from '../network/pod.ts';
import { PARTS } from '../network/pod.ts';
import type { FaultyNetwork } from './faulty-network.ts';
import { AMOUNT_PARTS, type FaultKind, type PlannedFault } from './schedule.ts';
import { CLEAR, type TcpProxy } from './tcp-proxy.ts';

/** How long a fault's own effect may take to show on a loaded machine, ms. */
const WITNESS_MS = 60_000;
/** A node that was gone must have missed so many blocks, or it has nothing to catch up with. */
const MISSED_BLOCKS = 3;
const SLOW_MS = 200;
const DAMAGED_SHARE = 0.05;
const STEPS: readonly AbciStep[] = ['finalize-asked', 'finalize-done', 'commit-asked', 'commit-durable'];
/** Clocks are off by so much, s. */
const SKEW_SECONDS_MIN = 30;
const SKEW_SECONDS_MAX = 150;
/** What the node says as it ends, before the volume is full. */
const DISK_FULL = /bytes are left on the volume/;

/** A fault in three steps: it happens, its effect is seen, it is over. */
export interface Fault {
  strike(): Promise<void>;
  /** Resolves once the effect was reached; a fault that nobody noticed is no test. */
  witness(): Promise<void>;
  heal(): Promise<void>;
}

type Make = (faulty: FaultyNetwork, planned: PlannedFault) => Fault;

const nothing = (): Promise<void> => Promise.resolve();

async function running(faulty: FaultyNetwork, node: number, part: Part): Promise<void> {
  await waitFor(`${part} of node ${node} to run`, () => faulty.network.pod(node).isRunning(part), WITNESS_MS);
}

function killPart(part: Part): Make {
  return (faulty, { victims }) => {
    const exits = victims.map((node) => faulty.network.pod(node).exits.length);
    return {
      strike: async () => {
        for (const node of victims) {
          await running(faulty, node, part);
          await faulty.network.kill(node, part);
        }
      },
      witness: () => forEach(victims, (node, at) => ended(faulty, node, { part, since: exits[at] ?? 0 })),
      heal: nothing,
    };
  };
}

async function ended(faulty: FaultyNetwork, node: number, { part, since }: { part: Part; since: number }): Promise<void> {
  const hasEnded = (): boolean =>
    faulty.network
      .pod(node)
      .exits.slice(since)
      .some((exit) => exit.startsWith(part));
  await waitFor(`${part} of node ${node} to end`, hasEnded, WITNESS_MS);
}

async function forEach(nodes: readonly number[], run: (node: number, at: number) => Promise<void>): Promise<void> {
  await Promise.all(nodes.map(run));
}

const killPods: Make = (faulty, { victims, kind }) => ({
  strike: () => forEach(victims, (node) => faulty.network.kill(node, 'both')),
  witness: async () => {
    if (kind === 'quorum-lost') return;
    await forEach(victims, async (node) => {
      const missed = (): boolean => faulty.watcher.height >= faulty.watcher.heightOf(node) + MISSED_BLOCKS;
      await waitFor(`blocks that node ${node} misses`, missed, WITNESS_MS);
    });
  },
  heal: async () => {
    for (const node of victims) faulty.network.start(node);
  },
});

const crashInBlock: Make = (faulty, { victims, amount }) => {
  const step = STEPS[amount % STEPS.length] ?? 'commit-asked';
  const files = victims.map((node) => join(faulty.network.pod(node).options.root, 'crash-at'));
  return {
    strike: async () => {
      for (const file of files) writeFileSync(file, step);
    },
    witness: () =>
      forEach(victims, async (_, at) => void (await waitFor(`a crash at ${step}`, () => !existsSync(files[at] ?? ''), WITNESS_MS))),
    heal: nothing,
  };
};

function pause(parts: readonly Part[]): Make {
  return (faulty, { victims }) => ({
    strike: async () => {
      for (const node of victims) {
        for (const part of parts) await running(faulty, node, part);
        for (const part of parts) faulty.network.pod(node).signal(part, 'SIGSTOP');
      }
    },
    witness: nothing,
    heal: async () => {
      for (const node of victims) for (const part of parts) faulty.network.pod(node).signal(part, 'SIGCONT');
    },
  });
}

function link(weather: Partial<typeof CLEAR>, counted: keyof TcpProxy['counts']): Make {
  return (faulty, { victims, kind }) => {
    const before = faulty.mesh.count(counted);
    const hit = new Set(victims);
    // A split leaves each side whole; the others part their victims from everybody.
    const touches = (one: number, other: number): boolean => (kind === 'split' ? hit.has(one) !== hit.has(other) : hit.has(one));
    return {
      strike: async () => faulty.mesh.setWeather({ ...CLEAR, ...weather }, touches),
      witness: async () => void (await waitFor(`a link that ${kind} touches`, () => faulty.mesh.count(counted) > before, WITNESS_MS)),
      heal: async () => faulty.mesh.clear(),
    };
  };
}

function skewSeconds(amount: number): number {
  const seconds = SKEW_SECONDS_MIN + Math.floor((amount / AMOUNT_PARTS) * (SKEW_SECONDS_MAX - SKEW_SECONDS_MIN));
  return amount % 2 === 0 ? seconds : -seconds;
}

const nodeClock: Make = (faulty, { victims: [node = 0], amount }) => {
  const seconds = skewSeconds(amount);
  const pod = faulty.network.pod(node);
  const isOff = (): boolean => {
    const times = [...pod.logOf('node').matchAll(/"time":"([^"]+)"/g)];
    const last = times.at(-1)?.[1];
    return last !== undefined && Math.abs(Date.parse(last) - Date.now()) > (Math.abs(seconds) * 1_000) / 2;
  };
  return {
    strike: async () => {
      faulty.nodeClock.shift(seconds);
      await running(faulty, node, 'node');
      // The clock has jumped in the running process; the next one begins with it.
      await faulty.network.kill(node, 'node');
    },
    witness: async () => void (await waitFor(`log lines of node ${node} that are ${seconds} s off`, isOff, WITNESS_MS)),
    heal: async () => faulty.nodeClock.shift(0),
  };
};

const engineClock: Make = (faulty, { victims: [node = 0], amount }) => {
  const seconds = skewSeconds(amount);
  const restart = async (shift: number): Promise<void> => {
    await running(faulty, node, 'engine');
    faulty.engineClock.shift(shift);
    await faulty.network.kill(node, 'engine');
  };
  return {
    strike: () => restart(seconds),
    witness: async () =>
      void (await waitFor(`a vote of node ${node} that is ${seconds} s off`, () => hasSkewedVote(faulty, node, seconds), WITNESS_MS)),
    heal: () => restart(0),
  };
};

/** Whether the newest commit holds a vote of the node whose time is far from the block's own. A vote is never older than its block, so a clock that is behind shows by votes that stay at the block's time. */
async function hasSkewedVote(faulty: FaultyNetwork, node: number, seconds: number): Promise<boolean> {
  const observer = faulty.network.indexes.find((index) => index !== node) ?? 0;
  const { header, commit } = await faulty.network.rpc(observer).signedHeader(faulty.watcher.heightOf(observer));
  const { consensusPublicKey } = await faulty.network.keys(node);
  const address = Buffer.from(nodeCrypto.sha256(new Uint8Array(consensusPublicKey)).subarray(0, 20));
  const vote = commit.signatures.find(({ validatorAddress }) => address.equals(validatorAddress));
  if (vote === undefined) return false;
  const offMs = unixMsOf(vote.time) - unixMsOf(header.time);
  return seconds > 0 ? offMs > seconds * 500 : offMs >= 0 && offMs <= 1;
}

const diskFull: Make = (faulty, { victims: [node = 0] }) => {
  const pod = faulty.network.pod(node);
  const before = { exits: pod.exits.length, log: pod.logOf('node').length };
  const said = (): boolean => DISK_FULL.test(pod.logOf('node').slice(before.log));
  return {
    strike: async () => faulty.disk?.fill(),
    witness: async () => {
      await ended(faulty, node, { part: 'node', since: before.exits });
      await waitFor(`node ${node} to say that its disk is full`, said, WITNESS_MS);
    },
    heal: async () => faulty.disk?.free(),
  };
};

const MAKERS: Readonly<Record<FaultKind, Make>> = {
  'kill-node': killPart('node'),
  'kill-engine': killPart('engine'),
  'kill-pod': killPods,
  'crash-in-block': crashInBlock,
  'pause-node': pause(['node']),
  'pause-engine': pause(['engine']),
  'pause-pod': pause(PARTS),
  cut: link({ isCut: true }, 'held'),
  slow: link({ delayMs: SLOW_MS }, 'delayed'),
  corrupt: link({ corruptedShare: DAMAGED_SHARE }, 'corrupted'),
  reset: link({ resetShare: DAMAGED_SHARE }, 'resets'),
  'node-clock': nodeClock,
  'engine-clock': engineClock,
  'disk-full': diskFull,
  'quorum-lost': killPods,
  split: link({ isCut: true }, 'held'),
};

export function faultOf(faulty: FaultyNetwork, planned: PlannedFault): Fault {
  return MAKERS[planned.kind](faulty, planned);
}
