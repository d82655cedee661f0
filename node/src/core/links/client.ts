import { accept, type Bytes, base64urlDecode, base64urlEncode, equalBytes, invariant, type Result, refuse } from '@civitas/canon';
import {
  type CertifiedHeader,
  decodeLightBlock,
  headerHash,
  type LightBlock,
  type TrustedHeader,
  timestampOfUnixMs,
  unixMsOf,
  type Validator,
  validatorOf,
  validatorsHash,
  verifyRevival,
  verifySkipping,
} from '@civitas/proofs';
import type { Execution } from '../ledger/execution.ts';
import { PRUNED_HEADERS_MAX, STORED_UPDATE_INTERVAL_MS } from './limits.ts';
import {
  type ClientRecord,
  clientKey,
  findClient,
  findHeader,
  type HeaderRecord,
  headerKey,
  headersPrefix,
  type ValidatorsRecord,
  validatorsKey,
} from './records.ts';

/** What a header did to the client: stored, known before, not needed so soon, or proof that the peer lied. */
export type UpdateEffect = 'stored' | 'known' | 'skipped' | 'frozen';

/** Status as people read it: Stale follows from time. */
export function statusOf(client: ClientRecord, timeUnixMs: number): ClientRecord['status'] | 'Stale' {
  if (client.status !== 'Active' || client.latestHeight === 0) return client.status;
  return client.latestTimeUnixMs + client.trustPeriodMs <= timeUnixMs ? 'Stale' : 'Active';
}

/** The client, when facts proven through it may be acted on: CLIENT_UNKNOWN, CLIENT_FROZEN or CLIENT_NOT_ACTIVE{status}. */
export function activeClient(execution: Execution, peer: string): Result<ClientRecord> {
  const client = findClient(execution.records, peer);
  if (client === undefined) return refuse('CLIENT_UNKNOWN', { peer });
  const status = statusOf(client, execution.block.timeUnixMs);
  if (status === 'Active') return accept(client);
  if (status === 'Frozen') return refuse('CLIENT_FROZEN', { peer, frozenAtHeight: client.endedAtHeight });
  return refuse('CLIENT_NOT_ACTIVE', { peer, status }, status === 'Stale' ? 'sync' : 'drop');
}

export function bytesOf(text: string): Bytes {
  const bytes = base64urlDecode(text);
  invariant(bytes !== undefined, 'link record holds text that is not base64url');
  return bytes;
}

function validatorsNamed(execution: Execution, peer: string, hash: string): Validator[] | undefined {
  const record = execution.records.get(validatorsKey(peer, hash)) as ValidatorsRecord | undefined;
  const { sha256 } = execution.ledger.crypto;
  return record?.validators.map(({ publicKey, power }) => validatorOf(sha256, bytesOf(publicKey), BigInt(power)));
}

function trustedHeader(peer: string, height: number, header: HeaderRecord): TrustedHeader {
  return {
    chainId: peer,
    height: BigInt(height),
    time: { seconds: BigInt(header.timeSeconds), nanos: header.timeNanos },
    nextValidatorsHash: bytesOf(header.nextValidatorsHash),
  };
}

/** The newest verified header below a height; height 0 holds the genesis validators. */
function findBase(
  execution: Execution,
  { chainId, thaws }: ClientRecord,
  height: number,
): { height: number; header: HeaderRecord } | undefined {
  const prefix = headersPrefix(chainId, thaws);
  const found = execution.records.findLast(prefix, headerKey(chainId, height, thaws));
  if (found === undefined) return undefined;
  return { height: Number(found.key.slice(prefix.length)), header: found.record as HeaderRecord };
}

function isRevival(client: ClientRecord, base: { height: number; header: HeaderRecord }, timeUnixMs: number): boolean {
  return base.height > 0 && base.header.timeUnixMs + client.trustPeriodMs <= timeUnixMs;
}

/** Certifies a light block from the nearest verified header below it. */
function certify(execution: Execution, client: ClientRecord, lightBlock: LightBlock): Result<CertifiedHeader> {
  const height = Number(lightBlock.header.height);
  const base = findBase(execution, client, height);
  if (base === undefined) return refuse('HEADER_TOO_OLD', { height });
  // A header below the newest one is only as good as the set we trust now: an old set's keys may have leaked since.
  if (height < client.latestHeight && base64urlEncode(lightBlock.header.validatorsHash) !== client.nextValidatorsHash) {
    return refuse('HEADER_TOO_OLD', { height, latestHeight: client.latestHeight });
  }
  const trustedValidators = validatorsNamed(execution, client.chainId, base.header.nextValidatorsHash);
  const isAdjacent = height === base.height + 1;
  if (trustedValidators === undefined && !isAdjacent) return refuse('VALIDATORS_UNKNOWN', { trustedHeight: base.height }, 'sync');
  const trusted = trustedHeader(client.chainId, base.height, base.header);
  const now = timestampOfUnixMs(execution.block.timeUnixMs);
  const { crypto } = execution.ledger;
  // Long validity: expiry is judged by isRevival, which asks for more than two thirds of the trusted set instead of refusing.
  const clock = { now, trustPeriodMs: Number.MAX_SAFE_INTEGER, clockDriftMs: client.clockDriftMs };
  // An adjacent header is held against the announced hash and needs no set of ours.
  const update = { trusted, trustedValidators: trustedValidators ?? [], lightBlock, clock };
  return isRevival(client, base, execution.block.timeUnixMs) ? verifyRevival(crypto, update) : verifySkipping(crypto, update);
}

function putValidators(execution: Execution, peer: string, validators: readonly Validator[]): void {
  const key = validatorsKey(peer, base64urlEncode(validatorsHash(execution.ledger.crypto.sha256, validators)));
  if (execution.records.get(key) !== undefined) return;
  execution.put(key, {
    validators: validators.map(({ publicKey, power }) => ({ publicKey: base64urlEncode(publicKey), power: Number(power) })),
  });
}

/** Deletes a few headers of the time before the last thaw. @returns whether there were any. */
function pruneRefused(execution: Execution, { chainId, thaws = 0 }: ClientRecord): boolean {
  for (let earlier = 0; earlier < thaws; earlier++) {
    const refused = execution.records.scan({ prefix: headersPrefix(chainId, earlier), limit: PRUNED_HEADERS_MAX });
    for (const { key } of refused) execution.delete(key);
    if (refused.length > 0) return true;
  }
  return false;
}

/** Headers older than the trust period are forgotten, a few with each update; the newest and the genesis set stay. */
function prune(execution: Execution, client: ClientRecord): void {
  if (pruneRefused(execution, client)) return;
  const { chainId, thaws } = client;
  const prefix = headersPrefix(chainId, thaws);
  const oldest = execution.records.scan({ prefix, after: headerKey(chainId, 0, thaws), limit: PRUNED_HEADERS_MAX });
  for (const { key, record } of oldest) {
    const header = record as HeaderRecord;
    if (header.timeUnixMs + client.trustPeriodMs > execution.block.timeUnixMs) return;
    if (key !== headerKey(chainId, client.latestHeight, thaws)) execution.delete(key);
  }
}

function store(execution: Execution, client: ClientRecord, certified: CertifiedHeader, validators: readonly Validator[]): void {
  const { header } = certified;
  const height = Number(header.height);
  const record: HeaderRecord = {
    appHash: base64urlEncode(header.appHash),
    headerHash: base64urlEncode(certified.headerHash),
    nextValidatorsHash: base64urlEncode(header.nextValidatorsHash),
    timeSeconds: Number(header.time.seconds),
    timeNanos: header.time.nanos,
    timeUnixMs: unixMsOf(header.time),
  };
  execution.put(headerKey(client.chainId, height, client.thaws), record);
  putValidators(execution, client.chainId, validators);
  if (height <= client.latestHeight) return;
  const { nextValidatorsHash, timeUnixMs } = record;
  const next: ClientRecord = { ...client, latestHeight: height, latestTimeUnixMs: timeUnixMs, nextValidatorsHash };
  execution.put(clientKey(client.chainId), next);
  prune(execution, next);
}

/** Stops a client on proof that its chain lied; only members thaw it. */
export function freeze(execution: Execution, client: ClientRecord, height: number, reason: string): void {
  execution.put(clientKey(client.chainId), { ...client, status: 'Frozen', endedAtHeight: height });
  execution.emit('links', 'Frozen', { peer: client.chainId, height, reason });
}

/** The verified header right above a height that is not younger than it should be: two certified headers whose times run backwards. */
function runsBackwards(execution: Execution, client: ClientRecord, lightBlock: LightBlock): boolean {
  const height = Number(lightBlock.header.height);
  if (height >= client.latestHeight) return false;
  const { chainId, thaws } = client;
  const prefix = headersPrefix(chainId, thaws);
  const [above] = execution.records.scan({ prefix, after: headerKey(chainId, height, thaws), limit: 1 });
  if (above === undefined) return false;
  const header = above.record as HeaderRecord;
  const { seconds, nanos } = lightBlock.header.time;
  return BigInt(header.timeSeconds) < seconds || (BigInt(header.timeSeconds) === seconds && header.timeNanos <= nanos);
}

function isTooSoon(client: ClientRecord, lightBlock: LightBlock): boolean {
  if (client.latestHeight === 0) return false;
  return unixMsOf(lightBlock.header.time) < client.latestTimeUnixMs + STORED_UPDATE_INTERVAL_MS;
}

/** Whether the header shows the set that the newest one announced and we do not keep: without it no later header can be verified. */
function bringsSet(execution: Execution, client: ClientRecord, height: number): boolean {
  return height === client.latestHeight + 1 && validatorsNamed(execution, client.chainId, client.nextValidatorsHash) === undefined;
}

/** Decodes a light block that came as base64url: LIGHT_BLOCK_MALFORMED or LIGHT_BLOCK_TOO_LARGE. */
export function lightBlockOf(text: string): Result<LightBlock> {
  const bytes = base64urlDecode(text);
  return bytes === undefined ? refuse('LIGHT_BLOCK_MALFORMED', { reason: 'not base64url' }) : decodeLightBlock(bytes);
}

/**
 * Brings a client one header further, or fills in an older one that a delivery needs.
 *
 * @param isNeeded a delivery in this operation proves something under it; otherwise one header a second of header time is stored.
 * @returns CLIENT_UNKNOWN, CLIENT_FROZEN, CLIENT_NOT_ACTIVE, HEADER_TOO_OLD, VALIDATORS_UNKNOWN and the codes of packages/proofs.
 */
export function updateClient(
  execution: Execution,
  peer: string,
  text: string,
  isNeeded: (height: number) => boolean,
): Result<UpdateEffect> {
  const client = findClient(execution.records, peer);
  if (client === undefined) return refuse('CLIENT_UNKNOWN', { peer });
  if (client.status !== 'Active') return activeClientRefusal(execution, peer);
  const decoded = lightBlockOf(text);
  if (!decoded.ok) return decoded;
  const lightBlock = decoded.value;
  const height = Number(lightBlock.header.height);
  const known = findHeader(execution.records, peer, height);
  const isSame =
    known !== undefined && equalBytes(bytesOf(known.headerHash), headerHash(execution.ledger.crypto.sha256, lightBlock.header));
  const isSpare = !isNeeded(height) && !bringsSet(execution, client, height) && isTooSoon(client, lightBlock);
  if (known === undefined && isSpare) return accept('skipped');
  const certified = certify(execution, client, lightBlock);
  if (!certified.ok) return certified;
  if (isSame) return accept('known');
  if (known !== undefined || runsBackwards(execution, client, lightBlock)) {
    freeze(execution, client, height, known === undefined ? 'TIME_BACKWARDS' : 'TWO_HEADERS');
    return accept('frozen');
  }
  store(execution, client, certified.value, lightBlock.validators);
  return accept('stored');
}

function activeClientRefusal(execution: Execution, peer: string): Result<never> {
  const client = activeClient(execution, peer);
  return client.ok ? refuse('CLIENT_UNKNOWN', { peer }) : client;
}

/** Certifies a header against the client without storing it: evidence of misbehaviour. */
export function certifyHeader(execution: Execution, client: ClientRecord, lightBlock: LightBlock): Result<CertifiedHeader> {
  return certify(execution, client, lightBlock);
}

/** Stores a header that members chose to trust, such as the one a thaw names. */
export function storeTrusted(
  execution: Execution,
  client: ClientRecord,
  certified: CertifiedHeader,
  validators: readonly Validator[],
): void {
  store(execution, client, certified, validators);
}
