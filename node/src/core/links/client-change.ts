import {
  accept,
  base64urlDecode,
  base64urlEncode,
  isSoundPublicKey,
  type JsonObject,
  type Result,
  refuse,
  type Sha256,
} from '@civitas/canon';
import { done, type Outcome, refused } from '@civitas/contracts';
import type { GenesisAppState } from '@civitas/deployment';
import { sortValidators, type Validator, validatorOf, validatorsHash } from '@civitas/proofs';
import type { Execution } from '../ledger/execution.ts';
import type { ClientChange } from '../members/change.ts';
import { settingsOf } from '../members/records.ts';
import { rulesAt } from '../protocol/rules.ts';
import { recordKey } from '../state/keys.ts';
import type { Overlay } from '../state/records.ts';
import { certifyHeader, lightBlockOf, storeTrusted } from './client.ts';
import { BYTES_PER_MINUTE_DEFAULT, CLOCK_DRIFT_MS, TRUST_PERIOD_MS } from './limits.ts';
import { type ClientRecord, clientKey, findClient, findTerms, headerKey, type TermsRecord, termsKey, validatorsKey } from './records.ts';
import { verifyForeign } from './verify-foreign.ts';

interface Birth {
  readonly chainId: string;
  readonly genesisHash: string;
  readonly validators: readonly { readonly publicKey: string; readonly power: number }[];
}

/** A set in CometBFT's order, or MALFORMED. */
function validatorSetOf(sha256: Sha256, listed: Birth['validators']): Result<Validator[]> {
  const validators: Validator[] = [];
  for (const { publicKey, power } of listed) {
    const bytes = base64urlDecode(publicKey);
    if (bytes === undefined || !isSoundPublicKey(bytes)) return refuse('MALFORMED', { field: 'validators' });
    validators.push(validatorOf(sha256, bytes, BigInt(power)));
  }
  return accept(sortValidators(validators));
}

/** The records of a client that has heard nothing yet: it trusts the validators of the peer's genesis, at height 0. */
function birthRecords(birth: Birth, hash: string, validators: readonly Validator[]): [string, JsonObject][] {
  const { chainId, genesisHash } = birth;
  const client: ClientRecord = {
    chainId,
    genesisHash,
    status: 'Active',
    latestHeight: 0,
    latestTimeUnixMs: 0,
    nextValidatorsHash: hash,
    trustPeriodMs: TRUST_PERIOD_MS,
    clockDriftMs: CLOCK_DRIFT_MS,
    endedAtHeight: 0,
  };
  const set = validators.map(({ publicKey, power }) => ({ publicKey: base64urlEncode(publicKey), power: Number(power) }));
  const origin = { appHash: '', headerHash: '', nextValidatorsHash: hash, timeSeconds: 0, timeNanos: 0, timeUnixMs: 0 };
  return [
    [clientKey(chainId), client],
    [headerKey(chainId, 0), origin],
    [validatorsKey(chainId, hash), { validators: set }],
  ];
}

function defaultTerms(packetsPerMinute: number): TermsRecord {
  return { portsIn: ['*'], portsOut: ['*'], packetsPerMinute, bytesPerMinute: BYTES_PER_MINUTE_DEFAULT, policyVersion: 1 };
}

/** Writes the city network's client, which every other network is born with. @throws Error for a key that is none: genesis is wrong. */
export function pinCityClient(
  state: Overlay,
  sha256: Sha256,
  client: NonNullable<GenesisAppState['cityClient']>,
  packetsPerMinute: number,
): void {
  const set = validatorSetOf(sha256, client.validators);
  if (!set.ok) throw new Error('genesis: a validator of the city network has no sound public key');
  const hash = base64urlEncode(validatorsHash(sha256, set.value));
  for (const [key, record] of birthRecords(client, hash, set.value)) state.put(key, record);
  state.put(termsKey(client.chainId), defaultTerms(packetsPerMinute));
}

type CreateClient = Extract<ClientChange, { kind: 'createClient' }>;

/** The registry's record of a network: our own on the city network, elsewhere proven through the city's client. */
function registryRecord(execution: Execution, change: CreateClient): Result<JsonObject> {
  const key = recordKey('city.registry', 'networks', change.chainId);
  if (execution.ledger.domain === 'city') {
    const own = execution.records.get(key);
    return own === undefined ? refuse('STATE', { reason: 'not-in-registry', chainId: change.chainId }) : accept(own);
  }
  if (change.proof === undefined || change.record === undefined)
    return refuse('ARGS_INVALID', { path: '/change/proof', expected: 'a proof' });
  // Only the registry of the city network that our genesis pinned speaks for who a network is.
  if (change.proof.peer !== settingsOf(execution.records).cityChainId)
    return refuse('NOT_AUTHORISED', { reason: 'not-the-city', peer: change.proof.peer });
  const record = change.record as JsonObject;
  const { peer, headerHeight, proof } = change.proof;
  const proven = verifyForeign(execution, { peer, headerHeight, proof }, key, record);
  return proven.ok ? accept(record) : proven;
}

function createClient(execution: Execution, change: CreateClient): Outcome {
  const { chainId, validators } = change;
  if (chainId === execution.ledger.chainId) return refused('STATE', { reason: 'own-chain', chainId });
  const known = findClient(execution.records, chainId);
  if (known !== undefined) return refused('DUPLICATE', { peer: chainId, status: known.status });
  const record = registryRecord(execution, change);
  if (!record.ok) return record;
  const { genesisHash, validatorsHash: registered, status } = record.value;
  if (status === 'tombstoned') return refused('STATE', { reason: 'registry-status', status });
  const { sha256 } = execution.ledger.crypto;
  const set = validatorSetOf(sha256, validators);
  if (!set.ok) return set;
  const hash = base64urlEncode(validatorsHash(sha256, set.value));
  if (registered !== hash || typeof genesisHash !== 'string') return refused('VALIDATORS_HASH', { chainId });
  for (const [key, value] of birthRecords({ chainId, genesisHash, validators }, hash, set.value)) execution.put(key, value);
  const terms =
    change.terms === undefined
      ? defaultTerms(settingsOf(execution.records).limits.linkPacketsPerMinute)
      : { ...change.terms, policyVersion: 1 };
  execution.put(termsKey(chainId), terms);
  execution.emit('links', 'ClientCreated', { peer: chainId, genesisHash });
  return done({ peer: chainId });
}

/**
 * The client as it goes on from the header that members name. It forgets what it trusted: among those headers are the ones that were refused, and
 * whatever is proven under them would be believed. A header that the peer can show again is brought again.
 */
function withoutHistory(client: ClientRecord): ClientRecord {
  return { ...client, latestHeight: 0, latestTimeUnixMs: 0, nextValidatorsHash: '', thaws: (client.thaws ?? 0) + 1 };
}

function thaw(execution: Execution, change: Extract<ClientChange, { kind: 'thawClient' }>): Outcome {
  const client = findClient(execution.records, change.peer);
  if (client?.status !== 'Frozen') return refused('STATE', { reason: 'not-frozen', peer: change.peer });
  const lightBlock = lightBlockOf(change.lightBlock);
  if (!lightBlock.ok) return lightBlock;
  const { forgetsAtThaw } = rulesAt(execution.records, execution.block.height);
  // The newest header may be a refused one: what comes after it does not speak against the one that members name.
  const certified = certifyHeader(execution, forgetsAtThaw ? { ...client, latestHeight: 0 } : client, lightBlock.value);
  if (!certified.ok) return certified;
  const thawed: ClientRecord = { ...(forgetsAtThaw ? withoutHistory(client) : client), status: 'Active', endedAtHeight: 0 };
  execution.put(clientKey(change.peer), thawed);
  storeTrusted(execution, thawed, certified.value, lightBlock.value.validators);
  execution.emit('links', 'Thawed', { peer: change.peer, height: Number(lightBlock.value.header.height) });
  return done({ peer: change.peer });
}

function end(execution: Execution, peer: string, status: 'Superseded' | 'Tombstoned'): Outcome {
  const client = findClient(execution.records, peer);
  if (client === undefined) return refused('CLIENT_UNKNOWN', { peer });
  if (client.status === 'Superseded' || client.status === 'Tombstoned')
    return refused('STATE', { reason: 'ended', peer, status: client.status });
  execution.put(clientKey(peer), { ...client, status, endedAtHeight: client.latestHeight });
  execution.emit('links', status, { peer, height: client.latestHeight });
  return done({ peer });
}

function setTerms(execution: Execution, change: Extract<ClientChange, { kind: 'setTerms' }>): Outcome {
  const terms = findTerms(execution.records, change.peer);
  if (terms === undefined) return refused('CLIENT_UNKNOWN', { peer: change.peer });
  execution.put(termsKey(change.peer), { ...change.terms, policyVersion: terms.policyVersion + 1 });
  execution.emit('links', 'TermsSet', { peer: change.peer, policyVersion: terms.policyVersion + 1 });
  return done({ peer: change.peer });
}

/** Applies what members decided about a link; nothing else can create, thaw or end a client. */
export function applyClientChange(execution: Execution, change: ClientChange): Outcome {
  switch (change.kind) {
    case 'createClient':
      return createClient(execution, change);
    case 'setTerms':
      return setTerms(execution, change);
    case 'thawClient':
      return thaw(execution, change);
    case 'tombstoneClient':
      return end(execution, change.peer, 'Tombstoned');
    case 'supersedeClient':
      return end(execution, change.peer, 'Superseded');
  }
}
