import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Bytes, type JsonObject } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { addressOf } from '@civitas/proofs';
import type { EngineKeys } from '../../keys/engine-keys.ts';
import { writeFileAtomically } from '../../keys/write-file-atomically.ts';
import { APP_SOCKET, RPC_SOCKET, SIGNER_SOCKET } from './engine-socket.ts';
import { isAlive, ownIdentity, parseIdentity } from './process-identity.ts';

/** Where CometBFT finds what it needs, below `<data>/engine`. */
const FILES = {
  config: 'config/config.toml',
  genesis: 'config/genesis.json',
  nodeKey: 'config/node_key.json',
  validatorKey: 'config/priv_validator_key.json',
  validatorState: 'data/priv_validator_state.json',
} as const;

/**
 * The marker names the pod that may run the engine, and the process of the node that said so: once that is gone, so is its word, even
 * where nobody was left to take the marker back.
 */
export const RELEASE_MARKER = 'released';

const base64 = (bytes: Bytes): string => Buffer.from(bytes).toString('base64');
const privateKeyOf = (key: Bytes): JsonObject => ({ type: 'tendermint/PrivKeyEd25519', value: base64(key) });

function validatorKeyOf(key: Bytes): JsonObject {
  const publicKey = key.subarray(32);
  return {
    address: Buffer.from(addressOf(nodeCrypto.sha256, publicKey)).toString('hex').toUpperCase(),
    pub_key: { type: 'tendermint/PubKeyEd25519', value: base64(publicKey) },
    priv_key: privateKeyOf(key),
  };
}

/** The engine has the node's own keys: another one that stands there is one that the node has gone on from. */
function writeKey(home: string, file: string, wanted: JsonObject): void {
  const path = join(home, file);
  const content = `${JSON.stringify(wanted, undefined, 2)}\n`;
  if (!existsSync(path) || readFileSync(path, 'utf8') !== content) writeFileAtomically(path, Buffer.from(content));
}

/**
 * Prepares the engine's home: genesis and sign state only where they are missing, the node's present keys, configuration anew at each start. Idempotent,
 * and each file is whole or not there, so that a crash at any point leaves nothing to repair.
 *
 * The sign state is what keeps a validator from voting twice: it is made once, for a home without any, and never touched again.
 */
export function writeEngineHome(home: string, parts: { config: string; genesis: JsonObject; keys: EngineKeys }): void {
  for (const folder of ['config', 'data']) mkdirSync(join(home, folder), { recursive: true, mode: 0o700 });
  chmodSync(home, 0o700);
  const write = (path: string, content: string): void => writeFileAtomically(join(home, path), Buffer.from(content));
  const writeMissing = (path: string, json: JsonObject): void => {
    if (!existsSync(join(home, path))) write(path, `${JSON.stringify(json, undefined, 2)}\n`);
  };
  const { config, genesis, keys } = parts;
  writeMissing(FILES.genesis, genesis);
  writeKey(home, FILES.nodeKey, { priv_key: privateKeyOf(keys.p2p) });
  // A chain without a sign state has lost it: signing on as if it were new could sign a height twice.
  if (!existsSync(join(home, FILES.validatorState)) && existsSync(join(home, 'data', 'blockstore.db')))
    throw new Error(`${join(home, FILES.validatorState)} is missing beside a chain: restore it, or join with a new consensus key`);
  writeMissing(FILES.validatorState, { height: '0', round: 0, step: 0 });
  if (keys.consensus !== undefined) writeKey(home, FILES.validatorKey, validatorKeyOf(keys.consensus));
  write(FILES.config, config);
}

/** Removes the sockets' files that an earlier engine left, on which nobody could listen again. */
export function clearEngineSockets(home: string): void {
  for (const name of [APP_SOCKET, RPC_SOCKET, SIGNER_SOCKET]) rmSync(join(home, name), { force: true });
}

/** Lets the engine of this pod start as long as this process lives. */
export function releaseEngine(home: string, podUid: string): void {
  writeFileAtomically(join(home, RELEASE_MARKER), Buffer.from(JSON.stringify({ podUid, node: ownIdentity() })));
}

/** Whether a node of this pod that lives has released the engine and not taken it back. */
export function isReleased(home: string, podUid: string): boolean {
  try {
    const marker: unknown = JSON.parse(readFileSync(join(home, RELEASE_MARKER), 'utf8'));
    if (typeof marker !== 'object' || marker === null || !('podUid' in marker) || !('node' in marker)) return false;
    const node = parseIdentity(marker.node);
    return podUid !== '' && marker.podUid === podUid && node !== undefined && isAlive(node);
  } catch {
    // Not there, taken back between two looks, or not ours.
    return false;
  }
}

export function withdrawEngine(home: string): void {
  rmSync(join(home, RELEASE_MARKER), { force: true });
}
