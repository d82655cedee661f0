import type { KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { type Bytes, base64urlDecode, concatBytes, hexEncode } from '@civitas/canon';
import { nodeCrypto, rawPublicKey } from '@civitas/canon/node';
import { readEd25519Key } from './key-file.ts';

/** Secrets of the engine's own process, as CometBFT writes Ed25519 keys: seed, then public key. */
export interface EngineKeys {
  /** Signs blocks; 64 bytes; undefined where a remote signer holds it. */
  readonly consensus: Bytes | undefined;
  /** Names this node between engines; 64 bytes. */
  readonly p2p: Bytes;
}

const NODE_ID_BYTES = 20;

function seedAndPublicKey(key: KeyObject): Bytes {
  const seed = base64urlDecode(key.export({ format: 'jwk' }).d ?? '');
  if (seed?.length !== 32) throw new Error('not an Ed25519 key');
  return concatBytes(seed, rawPublicKey(key));
}

const consensusPath = (dataFolder: string): string => join(dataFolder, 'keys', 'consensus.pem');
const p2pPath = (dataFolder: string): string => join(dataFolder, 'keys', 'p2p.pem');

/** Reads the keys, making what is not there yet. */
export function readEngineKeys(dataFolder: string, isSignerRemote: boolean): EngineKeys {
  return {
    consensus: isSignerRemote ? undefined : seedAndPublicKey(readEd25519Key(consensusPath(dataFolder))),
    p2p: seedAndPublicKey(readEd25519Key(p2pPath(dataFolder))),
  };
}

/** The node's id between engines: the first 20 bytes of SHA-256 of its p2p public key, hex. */
export function readEngineNodeId(dataFolder: string): string {
  const hash = nodeCrypto.sha256(rawPublicKey(readEd25519Key(p2pPath(dataFolder))));
  return hexEncode(hash.subarray(0, NODE_ID_BYTES));
}
