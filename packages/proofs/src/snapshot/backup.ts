import {
  accept,
  type Bytes,
  base64urlDecode,
  type CryptoPort,
  equalBytes,
  isJsonObject,
  type Json,
  parseCanonical,
  type Result,
  refuse,
  type Sha256,
} from '@civitas/canon';
import { blockIdOf, decodeBlock } from '../codec/block.ts';
import { decodeLightBlock, type LightBlock } from '../codec/light-block.ts';
import { sortValidators, type Validator, validatorOf } from '../codec/validator.ts';
import { certifyHeaders } from '../evidence/certify-headers.ts';
import { GENESIS_BYTES_MAX, VALIDATORS_MAX } from '../limits.ts';
import { type CheckedManifest, checkManifest, checkSnapshotHeader, parseManifest } from './manifest.ts';

/** The parts of a backup beside its chunks. */
export interface BackupParts {
  /** Genesis document, canonical JSON. */
  readonly genesis: Bytes;
  readonly manifest: Bytes;
  /** Light blocks from the lowest height up; the last two are those of the snapshot's height and of the one after. */
  readonly lightBlocks: readonly Bytes[];
}

/** A backup whose chain of trust holds from the genesis hash to the manifest; its chunks are checked one by one (verifyChunk). */
export interface CheckedBackup {
  /** SHA-256 of the genesis document: what a person compares. */
  readonly genesisHash: Bytes;
  readonly checked: CheckedManifest;
  /** Light block of the snapshot's height. */
  readonly block: LightBlock;
  /** Light block of the height after: carries the app hash. */
  readonly next: LightBlock;
}

/** The set that a genesis document names, in a set's own order. Refused with BACKUP_GENESIS. */
export function genesisValidators(
  sha256: Sha256,
  stated: readonly { readonly publicKey: string; readonly power: number }[],
): Result<Validator[]> {
  const validators: Validator[] = [];
  for (const { publicKey, power } of stated) {
    const key = base64urlDecode(publicKey);
    if (key?.length !== 32 || !Number.isSafeInteger(power) || power < 1) return refuse('BACKUP_GENESIS', { field: 'validators' });
    validators.push(validatorOf(sha256, key, BigInt(power)));
  }
  if (validators.length === 0 || validators.length > VALIDATORS_MAX) return refuse('BACKUP_GENESIS', { field: 'validators' });
  return accept(sortValidators(validators));
}

function statedValidators(value: Json | undefined): { publicKey: string; power: number }[] {
  if (!Array.isArray(value)) return [];
  return value.map((one) => ({
    publicKey: isJsonObject(one) && typeof one['publicKey'] === 'string' ? one['publicKey'] : '',
    power: isJsonObject(one) && typeof one['power'] === 'number' ? one['power'] : 0,
  }));
}

/**
 * Walks a backup's chain of trust: genesis document → validators → headers → app hash → manifest.
 *
 * @returns BACKUP_GENESIS, BACKUP_HEADERS, SNAPSHOT_MANIFEST, SNAPSHOT_ROOT, SNAPSHOT_HEADER and the codes of certifyHeaders.
 */
export function checkBackup(crypto: CryptoPort, parts: BackupParts): Result<CheckedBackup> {
  const genesis = parseCanonical(parts.genesis, GENESIS_BYTES_MAX);
  if (!genesis.ok || !isJsonObject(genesis.value)) return refuse('BACKUP_GENESIS', { field: '/' });
  const stated = statedValidators(genesis.value['validators']);
  const set = genesisValidators(crypto.sha256, stated);
  if (!set.ok) return set;
  const parsed = parseManifest(parts.manifest);
  if (!parsed.ok) return parsed;
  const manifest = parsed.value;
  const genesisHash = crypto.sha256(parts.genesis);
  if (genesis.value['chainId'] !== manifest.chainId || !equalBytes(genesisHash, manifest.genesisHash))
    return refuse('BACKUP_GENESIS', { field: 'chainId', chainId: manifest.chainId });
  const checked = checkManifest(crypto.sha256, manifest);
  if (!checked.ok) return checked;
  const validators = set.value.map(({ publicKey, power }) => ({ publicKey, power: Number(power) }));
  const { chainId } = manifest;
  const network = { name: chainId, chainId, genesisHash, genesis: genesis.value, validators, lightBlocks: [...parts.lightBlocks] };
  const certified = certifyHeaders(crypto, network);
  if (!certified.ok) return certified;
  const [block, next] = parts.lightBlocks.slice(-2).map((bytes) => decodeLightBlock(bytes));
  if (!block?.ok || !next?.ok || block.value.header.height !== BigInt(manifest.height))
    return refuse('BACKUP_HEADERS', { height: manifest.height });
  const header = checkSnapshotHeader(manifest, next.value.header);
  if (!header.ok) return header;
  return accept({ genesisHash, checked: checked.value, block: block.value, next: next.value });
}

/** True when the bytes are the very block that a light block's commit decided. */
export function isDecidedBlock(sha256: Sha256, bytes: Bytes, { header, commit }: LightBlock): boolean {
  const block = decodeBlock(bytes);
  if (!block.ok) return false;
  const { hash, partCount, partsHash } = blockIdOf(sha256, header, bytes);
  const decided = commit.blockId;
  return equalBytes(hash, decided.hash) && partCount === decided.partCount && equalBytes(partsHash, decided.partsHash);
}
