import {
  accept,
  type Bytes,
  base64urlEncode,
  concatBytes,
  isJsonObject,
  type Json,
  type JsonObject,
  operationSignBytes,
  type Result,
  refuse,
  utf8Encode,
} from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { hashOfJson } from '@civitas/contracts';
import { isSteppedUp, type TokenVerifier } from '@civitas/identity';
import { parseReceipt } from '@civitas/proofs';
import type { Admission } from '../admission/admission.ts';
import { prepareGatewayOperation } from '../admission/gateway-operation.ts';
import type { TokenBuckets } from '../admission/token-bucket.ts';
import type { GatewayKeys } from '../keys/node-keys.ts';
import type { LedgerHost } from '../ledger/ledger-host.ts';
import { pseudonymOf } from '../person/pseudonym.ts';
import { verifyPerson } from '../person/verify-person.ts';
import type { SubjectMethods } from '../subject/subject-methods.ts';
import type { VaultStore } from '../vault/vault-store.ts';
import { type CitizenKey, ensureCitizenKey, readCitizenKey } from './citizen-key.ts';
import { checkWish, DisputeWish, GrantWish, ListWish, WithdrawWish } from './citizen-wishes.ts';
import type { ConsentIndex } from './consent-index.ts';
import { ENTRIES_PER_PAGE, OPERATION_LIFE_MS } from './limits.ts';

/** What a portal has here: its keys, its vault, and which consents its citizens granted. */
export interface Portal {
  readonly gateway: GatewayKeys;
  readonly vault: Pick<VaultStore, 'read' | 'put'>;
  readonly consents: Pick<ConsentIndex, 'list' | 'put'>;
}

export interface CitizenMethodsOptions {
  readonly issuer: string;
  readonly verifier: TokenVerifier;
  readonly portals: ReadonlyMap<string, Portal>;
  /** The registrar's gateway beside the portals'; undefined where it is elsewhere. */
  readonly registrar: Pick<SubjectMethods, 'findCitizen' | 'introduce'> | undefined;
  readonly ledger: Pick<LedgerHost, 'genesis' | 'genesisHash' | 'status' | 'read' | 'view'>;
  readonly admission: Pick<Admission, 'submit'>;
  /** By pseudonym. */
  readonly calls: TokenBuckets;
  readonly nowUnixMs: () => number;
}

/** What somebody asks for in their own name. */
export interface CitizenCall {
  readonly token: string;
  readonly portal: string;
  readonly method: string;
  readonly args: JsonObject;
  /** 16 bytes, the same in every repetition; empty for `list`. */
  readonly idempotencyKey: Bytes;
}

/** Somebody whose token holds and whose account is tied to a person. */
interface Citizen {
  readonly portal: Portal;
  readonly subject: string;
  readonly pseudonym: string;
}

type Work = (citizen: Citizen, call: CitizenCall) => Promise<Result<JsonObject>>;

const CONSENTS = 'city.consent';
const ACCESSES = 'city.access';

/** A nonce that the same wish makes again. */
const nonceOf = (domain: string, idempotencyKey: Bytes): string =>
  base64urlEncode(nodeCrypto.sha256(concatBytes(utf8Encode(`civitas/citizen-nonce/v1\n${domain}\n`), idempotencyKey)));

/**
 * Acts for citizens with the keys that their portal keeps for them. Whose records are shown and whose key signs follows from the
 * account in the token alone: no argument names a person.
 */
export class CitizenMethods {
  readonly #options: CitizenMethodsOptions;
  readonly #works: Readonly<Record<string, { readonly work: Work; readonly changes: boolean }>>;

  constructor(options: CitizenMethodsOptions) {
    this.#options = options;
    this.#works = {
      list: { work: (citizen, call) => this.#list(citizen, call), changes: false },
      grant: { work: (citizen, call) => this.#grant(citizen, call), changes: true },
      withdraw: { work: (citizen, call) => this.#withdraw(citizen, call), changes: true },
      dispute: { work: (citizen, call) => this.#dispute(citizen, call), changes: true },
    };
  }

  /**
   * @returns TOKEN_…, IDENTITY_UNREACHABLE, CITIZENS_NOT_SERVED, STEP_UP_NEEDED for a change without a fresh second factor, RATE_LIMITED,
   * CITIZEN_UNKNOWN, NOT_FOUND for what is not theirs, ARGS_INVALID, and what the contract says.
   */
  async run(call: CitizenCall): Promise<Result<JsonObject>> {
    const asked = Object.hasOwn(this.#works, call.method) ? this.#works[call.method] : undefined;
    if (asked === undefined) return refuse('NOT_FOUND', { method: call.method });
    if (asked.changes && call.idempotencyKey.length !== 16) return refuse('MALFORMED', { field: 'idempotency_key', expected: '16 bytes' });
    const citizen = await this.#citizenOf(call, asked.changes);
    return citizen.ok ? asked.work(citizen.value, call) : citizen;
  }

  async #citizenOf({ token, portal: name }: CitizenCall, changes: boolean): Promise<Result<Citizen>> {
    const { issuer, verifier, portals, registrar, calls, nowUnixMs } = this.#options;
    const principal = await verifyPerson(verifier, token);
    if (!principal.ok) return principal;
    const portal = portals.get(name);
    if (portal === undefined || registrar === undefined) return refuse('CITIZENS_NOT_SERVED', { portal: name });
    const { sub } = principal.value;
    const pseudonym = pseudonymOf(portal.gateway.personSecret, { issuer, sub });
    const retryAfterMs = calls.take(pseudonym);
    if (retryAfterMs !== 0) return refuse('RATE_LIMITED', { retryAfterMs }, 'retry');
    if (changes && !isSteppedUp(principal.value, Math.floor(nowUnixMs() / 1000))) return refuse('STEP_UP_NEEDED', {});
    const subject = await registrar.findCitizen(name, sub);
    return subject === undefined ? refuse('CITIZEN_UNKNOWN', {}) : accept({ portal, subject, pseudonym });
  }

  async #list({ portal, subject, pseudonym }: Citizen, { args }: CitizenCall): Promise<Result<JsonObject>> {
    const wish = checkWish(ListWish, args);
    if (!wish.ok) return wish;
    const caller = { organisation: portal.gateway.organisation, role: 'portal', keyId: '', actor: pseudonym, coSigners: [] };
    const asked = { subject, limit: ENTRIES_PER_PAGE, ...wish.value };
    const consents = this.#consentsOf(portal, subject);
    // Before the first consent or dispute the subject is not on the ledger, and nobody can have read anything under it.
    if (this.#options.ledger.read(`city.identity/subjects/${subject}`) === undefined) return accept({ accesses: [], next: null, consents });
    const seen = this.#options.ledger.view({ contract: `${ACCESSES}@v1`, method: 'list', args: asked, caller });
    if (!seen.ok) return { ok: false, refusal: { ...seen.refusal, then: 'drop' } };
    const { entries = [], next = null } = isJsonObject(seen.result) ? seen.result : {};
    return accept({ accesses: entries, next, consents });
  }

  #consentsOf({ vault, consents }: Portal, subject: string): Json[] {
    const key = readCitizenKey(vault, subject);
    return consents.list(subject).flatMap((id) => {
      const record = this.#consentOf(id, subject);
      if (record === undefined) return [];
      const { custodian, source, requester, requesterNetwork, predicate, purpose, expiresAtUnixMs, usesMax, keyId } = record.grant;
      const terms = { custodian, source, requester, requesterNetwork, predicate, purpose, expiresAtUnixMs, usesMax };
      const { status, usesLeft } = record;
      return [{ id, ...terms, status, usesLeft, held: key.ok && key.value.keyId === keyId } as JsonObject];
    });
  }

  /** A consent of this subject's; undefined for what is not there and for another's. */
  #consentOf(id: string, subject: string): { grant: JsonObject; status: Json; usesLeft: Json } | undefined {
    const record = this.#options.ledger.read(`${CONSENTS}/consents/${id}`);
    const grant = record?.['grant'];
    if (record === undefined || grant === undefined || !isJsonObject(grant) || grant['subject'] !== subject) return undefined;
    return { grant, status: record['status'] ?? '', usesLeft: record['usesLeft'] ?? 0 };
  }

  async #grant(citizen: Citizen, call: CitizenCall): Promise<Result<JsonObject>> {
    const wish = checkWish(GrantWish, call.args);
    if (!wish.ok) return wish;
    const { portal, subject } = citizen;
    const key = await this.#boundKey(citizen);
    if (!key.ok) return key;
    const { shown, ...terms } = wish.value;
    const nonce = nonceOf('consent', call.idempotencyKey);
    const fields = [{ name: 'shown', value: shown as JsonObject }];
    const [kept] = await portal.vault.put([
      { reference: `shown.${nonce}`, record: { subject, collection: 'consents', fields, document: '' } },
    ]);
    if (kept === undefined || !kept.ok) return kept ?? refuse('NOT_FOUND', { what: 'vault' });
    const { chainId } = this.#options.ledger.genesis;
    const grant = { ...terms, chainId, detail: kept.value['shown'] ?? '', keyId: key.value.keyId, kind: 'consent', nonce, subject };
    // Known as the citizen's before it stands on the ledger: a crash in between leaves an entry that names nothing, never a consent unseen.
    await portal.consents.put(subject, hashOfJson(nodeCrypto.sha256, 'civitas/consent-id/v1', grant), this.#options.nowUnixMs());
    return this.#submit(citizen, call, {
      contract: CONSENTS,
      method: 'grant',
      args: { grant, signature: key.value.sign('consent', grant) },
    });
  }

  async #withdraw(citizen: Citizen, call: CitizenCall): Promise<Result<JsonObject>> {
    const wish = checkWish(WithdrawWish, call.args);
    if (!wish.ok) return wish;
    const { consent } = wish.value;
    const record = this.#consentOf(consent, citizen.subject);
    if (record === undefined) return refuse('NOT_FOUND', { what: 'consent' });
    const key = readCitizenKey(citizen.portal.vault, citizen.subject);
    if (!key.ok && key.refusal.code !== 'NOT_FOUND') return key;
    if (!key.ok || key.value.keyId !== record.grant['keyId']) return refuse('CITIZEN_KEY_ELSEWHERE', { consent });
    const { chainId } = this.#options.ledger.genesis;
    const withdrawal = { chainId, consent, kind: 'consent-withdrawal', nonce: nonceOf('withdrawal', call.idempotencyKey) };
    const args = { withdrawal, signature: key.value.sign('consent', withdrawal) };
    return this.#submit(citizen, call, { contract: CONSENTS, method: 'withdraw', args });
  }

  async #dispute(citizen: Citizen, call: CitizenCall): Promise<Result<JsonObject>> {
    const wish = checkWish(DisputeWish, call.args);
    if (!wish.ok) return wish;
    const { digest, ground } = wish.value;
    if (this.#options.ledger.read(`${ACCESSES}/digests/${digest}`)?.['subject'] !== citizen.subject)
      return refuse('NOT_FOUND', { what: 'access' });
    const key = await this.#boundKey(citizen);
    if (!key.ok) return key;
    const { chainId } = this.#options.ledger.genesis;
    const { keyId } = key.value;
    const dispute = { chainId, digest, ground, keyId, kind: 'dispute', nonce: nonceOf('dispute', call.idempotencyKey) };
    const args = { dispute, signature: key.value.sign('dispute', dispute) };
    return this.#submit(citizen, call, { contract: ACCESSES, method: 'dispute', args });
  }

  /** The citizen's key, which the registrar has bound on the ledger. */
  async #boundKey({ portal, subject }: Citizen): Promise<Result<CitizenKey>> {
    const { ledger, registrar } = this.#options;
    const key = await ensureCitizenKey(portal.vault, subject);
    if (!key.ok || ledger.read(`city.identity/keys/${key.value.keyId}`) !== undefined) return key;
    const { organisation } = portal.gateway;
    const publicKey = base64urlEncode(key.value.publicKey);
    const binding = { chainId: ledger.genesis.chainId, class: 'custodial', portal: organisation, publicKey, subject };
    const signature = key.value.sign('key-binding', binding);
    const bound = await registrar?.introduce(organisation, subject, { publicKey, signature });
    return bound === undefined || bound.ok ? key : bound;
  }

  async #submit(
    { portal: { gateway }, pseudonym: actor }: Citizen,
    { idempotencyKey }: CitizenCall,
    { contract, method, args }: { readonly contract: string; readonly method: string; readonly args: JsonObject },
  ): Promise<Result<JsonObject>> {
    const { ledger, admission, nowUnixMs } = this.#options;
    const { organisation, operation: key } = gateway;
    const expiresAtUnixMs = Math.max(nowUnixMs(), ledger.status().timeUnixMs) + OPERATION_LIFE_MS;
    const frame = { chainId: ledger.genesis.chainId, genesisHash: ledger.genesisHash, organisation, key, actor, expiresAtUnixMs };
    const unsigned = prepareGatewayOperation({ ...frame, role: 'portal', contract: `${contract}@v1`, method, args, idempotencyKey });
    const signature = gateway.operation.sign(operationSignBytes(unsigned.body));
    const stored = await admission.submit({ ...unsigned, signature, shared: undefined }, organisation);
    if (!stored.ok) return stored;
    const receipt = parseReceipt(stored.value.bytes);
    if (!receipt.ok) return receipt;
    const { outcome, height } = receipt.value;
    if (!outcome.ok) return { ok: false, refusal: { ...outcome.refusal, then: 'drop' } };
    return accept({ ...(isJsonObject(outcome.result) ? outcome.result : {}), height });
  }
}
