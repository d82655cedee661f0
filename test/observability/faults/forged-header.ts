import { type KeyObject, randomBytes, sign } from 'node:crypto';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { assertParsed, base64urlEncode } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { decodeLightBlock, encodeLightBlock, headerHash, type LightBlock, voteSignBytes } from '@civitas/proofs';
import { readEd25519Key } from '../../../node/src/host/keys/key-file.ts';

const { sha256 } = nodeCrypto;

/** Two headers of one height, both certified by the network's own validator. */
export interface Fork {
  readonly height: number;
  /** Hash of the true one, base64url. */
  readonly blockHash: string;
  /** The light blocks, base64url. */
  readonly first: string;
  readonly second: string;
}

/** The consensus key of a network of one validator, from the volume of its node. @param home of a city on one machine. */
export function consensusKeyOf(home: string, node: string): KeyObject {
  const [path] = globSync(join(home, 'volumes', '**', `*${node}*`, '**', 'keys', 'consensus.pem'));
  if (path === undefined) throw new Error(`${node} has no consensus key below ${home}/volumes`);
  return readEd25519Key(path);
}

/** What a validator does that contradicts itself: another state under the same height, signed with the key that signed the true one. */
export function forkOf(lightBlock: Uint8Array, key: KeyObject): Fork {
  const honest = assertParsed(decodeLightBlock(lightBlock));
  const second = encodeLightBlock(resigned({ ...honest, header: { ...honest.header, appHash: randomBytes(32) } }, key));
  return {
    height: Number(honest.header.height),
    blockHash: base64urlEncode(headerHash(sha256, honest.header)),
    first: base64urlEncode(lightBlock),
    second: base64urlEncode(second),
  };
}

function resigned({ header, commit, validators }: LightBlock, key: KeyObject): LightBlock {
  const vote = { ...commit, blockId: { ...commit.blockId, hash: headerHash(sha256, header) } };
  const signatures = commit.signatures.map((one) => ({
    ...one,
    signature: sign(null, voteSignBytes(header.chainId, vote, one.time), key),
  }));
  return { header, commit: { ...vote, signatures }, validators };
}
