import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Bytes, concatBytes, hexEncode, type JsonObject } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { addressOf, timestampOfUnixMs } from '@civitas/proofs';
import { aKeyPair, type TestKeyPair, waitFor } from '@civitas/testkit';
import { writeEngineHome } from '../../../node/src/host/engine/cometbft/engine-home.ts';
import { EngineRpc } from '../../../node/src/host/engine/cometbft/engine-rpc.ts';
import { RPC_SOCKET } from '../../../node/src/host/engine/cometbft/engine-socket.ts';
import { rfc3339Of } from '../../../node/src/host/engine/cometbft/engine-time.ts';

/** Tables of config.toml; '' is the top level. What is not named has CometBFT's default. */
export type EngineTables = Readonly<Record<string, Readonly<Record<string, string | number | boolean>>>>;

export interface EngineNetworkOptions {
  /** Empty folder of the network; a socket's path in it must stay short. */
  readonly folder: string;
  /** A program with CometBFT's command line and its application inside, and what stands before `start`. */
  readonly command: readonly [string, ...string[]];
  readonly chainId: string;
  /** Power of each validator of the genesis. */
  readonly powers: readonly bigint[];
  /** Nodes that only follow, after the validators. */
  readonly followers?: number;
  readonly tables: (index: number) => EngineTables;
  /** Where the engine's RPC listens: on `rpc.sock` in its home (default), or on RPC_PORT of its address. */
  readonly rpc?: 'unix' | 'tcp';
}

export interface EngineNode {
  readonly index: number;
  readonly home: string;
  readonly address: string;
  readonly key: TestKeyPair;
  readonly rpc: EngineRpc;
  readonly process: ChildProcess | undefined;
  start(): void;
  /** Resolves once the process has ended, or at once for signals that do not end it. */
  signal(name: NodeJS.Signals): Promise<void>;
}

export interface EngineNetwork {
  readonly nodes: readonly EngineNode[];
  /** Resolves once every running node has the height. */
  reach(height: number, timeoutMs?: number): Promise<void>;
  stop(): Promise<void>;
}

export const P2P_PORT = 26_656;
export const RPC_PORT = 26_657;
const STOP_LIMIT_MS = 15_000;
/** For every node of a network to have a height, on a loaded machine; a life of many validators ends with dozens of blocks. */
const REACH_LIMIT_MS = 180_000;

const secretOf = (key: TestKeyPair): Bytes => {
  const seed = Buffer.from(key.privateKey.export({ format: 'jwk' }).d ?? '', 'base64url');
  return concatBytes(new Uint8Array(seed), key.publicKey);
};
const base64 = (bytes: Bytes): string => Buffer.from(bytes).toString('base64');

function tomlOf(tables: EngineTables): string {
  const lines = Object.entries(tables).map(([name, values]) => {
    const body = Object.entries(values).map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
    return [...(name === '' ? [] : [`[${name}]`]), ...body, ''].join('\n');
  });
  return lines.join('\n');
}

function genesisOf({ chainId, powers }: EngineNetworkOptions, keys: readonly TestKeyPair[]): JsonObject {
  const validators = powers.map((power, index) => {
    const publicKey = keys[index]?.publicKey ?? new Uint8Array(0);
    return {
      address: hexEncode(addressOf(nodeCrypto.sha256, publicKey)).toUpperCase(),
      pub_key: { type: 'tendermint/PubKeyEd25519', value: base64(publicKey) },
      power: String(power),
      name: `node${index}`,
    };
  });
  return {
    genesis_time: rfc3339Of(timestampOfUnixMs(Date.now() - 1000)),
    chain_id: chainId,
    initial_height: '1',
    validators,
    app_hash: '',
  };
}

/** A free part of the loopback range: the network's nodes all use CometBFT's own ports. */
function freeSubnet(): string {
  const at = process.pid % 250;
  return `127.${60 + Math.floor(Math.random() * 60)}.${at}`;
}

function nodeOf(
  index: number,
  parts: { home: string; address: string; key: TestKeyPair; command: readonly [string, ...string[]] },
): EngineNode {
  const { home, address, key, command } = parts;
  let running: ChildProcess | undefined;
  let ended: Promise<void> = Promise.resolve();
  return {
    index,
    home,
    address,
    key,
    rpc: new EngineRpc(join(home, RPC_SOCKET)),
    get process() {
      return running;
    },
    start: () => {
      rmSync(join(home, RPC_SOCKET), { force: true });
      const log = openSync(join(home, 'log'), 'a');
      const [program, ...first] = command;
      const child = spawn(program, [...first, 'start', '--home', '.'], { cwd: home, stdio: ['ignore', log, log] });
      closeSync(log);
      running = child;
      ended = new Promise((resolve) => {
        child.once('exit', () => {
          if (running === child) running = undefined;
          resolve();
        });
      });
    },
    signal: async (name) => {
      running?.kill(name);
      if (name !== 'SIGSTOP' && name !== 'SIGCONT') await ended;
    },
  };
}

const logsOf = (nodes: readonly EngineNode[]): string =>
  nodes
    .map(({ index, home }) => `node ${index}: ${existsSync(join(home, 'log')) ? readFileSync(join(home, 'log'), 'utf8').slice(-600) : ''}`)
    .join('\n');

/** Starts real validators, each a process of its own on a loopback address of its own, all peers of each other. */
export async function startEngineNetwork(options: EngineNetworkOptions): Promise<EngineNetwork> {
  const { folder, command, chainId, powers, followers = 0, tables } = options;
  const subnet = freeSubnet();
  const indices = Array.from({ length: powers.length + followers }, (_, index) => index);
  const keys = indices.map((index) => aKeyPair(`${chainId} validator ${index}`));
  const p2p = indices.map((index) => aKeyPair(`${chainId} p2p ${index}`));
  const address = (index: number): string => `${subnet}.${index + 1}`;
  const peers = indices.map((index) => {
    const id = hexEncode(nodeCrypto.sha256(p2p[index]?.publicKey ?? new Uint8Array(0)).subarray(0, 20));
    return `${id}@${address(index)}:${P2P_PORT}`;
  });
  const genesis = genesisOf(options, keys);
  const nodes = indices.map((index) => {
    const [key, identity] = [keys[index], p2p[index]];
    if (key === undefined || identity === undefined) throw new RangeError('no key');
    const home = join(folder, `node${index}`);
    const own = tables(index);
    const p2pTable = {
      laddr: `tcp://${address(index)}:${P2P_PORT}`,
      persistent_peers: peers.filter((_, at) => at !== index).join(','),
      pex: false,
      addr_book_strict: false,
      allow_duplicate_ip: true,
      ...own['p2p'],
    };
    const rpcTable = { laddr: options.rpc === 'tcp' ? `tcp://${address(index)}:${RPC_PORT}` : `unix://${RPC_SOCKET}`, ...own['rpc'] };
    // TOML's top level comes before its tables.
    const top = { moniker: `node${index}`, log_level: 'error', ...own[''] };
    const config = tomlOf(Object.assign({ '': top }, own, { '': top, rpc: rpcTable, p2p: p2pTable }));
    writeEngineHome(home, { config, genesis, keys: { consensus: secretOf(key), p2p: secretOf(identity) } });
    return nodeOf(index, { home, address: address(index), key, command });
  });
  const reach = async (height: number, timeoutMs = REACH_LIMIT_MS): Promise<void> => {
    try {
      await waitFor(
        `height ${height} on every node of ${chainId}`,
        async () => {
          const running = nodes.filter((node) => node.process !== undefined);
          const heights = await Promise.all(running.map(async ({ rpc }) => (await rpc.status()).height));
          return heights.length > 0 && heights.every((each) => each >= height);
        },
        timeoutMs,
      );
    } catch (error) {
      throw new Error(`${String(error)}\n${logsOf(nodes)}`, { cause: error });
    }
  };
  const stop = async (): Promise<void> => {
    await Promise.all(
      nodes.map(async (node) => {
        node.process?.kill('SIGCONT');
        const hard = setTimeout(() => node.process?.kill('SIGKILL'), STOP_LIMIT_MS);
        await node.signal('SIGTERM');
        clearTimeout(hard);
        node.rpc.close();
      }),
    );
  };
  for (const node of nodes) node.start();
  return { nodes, reach, stop };
}
