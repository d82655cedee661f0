import {
  accept,
  type Bytes,
  coSignatureSignBytes,
  type Json,
  type JsonObject,
  type Operation,
  operationHash,
  operationSignBytes,
  parseOperation,
  type Result,
  refuse,
} from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import type { TokenVerifier } from '@civitas/identity';
import type { CoSignature } from '@civitas/proto/civitas/ledger/v1/operation';
import type { Admission } from '../admission/admission.ts';
import { prepareGatewayOperation } from '../admission/gateway-operation.ts';
import type { TokenBuckets } from '../admission/token-bucket.ts';
import type { GatewayKeys } from '../keys/node-keys.ts';
import type { LedgerHost, StoredReceipt } from '../ledger/ledger-host.ts';
import type { SealedMethod } from '../vault/vault-methods.ts';
import type { VaultStore } from '../vault/vault-store.ts';
import { PREPARED_LIFE_MS } from './limits.ts';
import { checkPerson, type PersonVerb, verbOf } from './person-policy.ts';
import { keepPrivateValues, type PrivateValues } from './private-values.ts';
import { pseudonymOf } from './pseudonym.ts';
import { verifyPerson } from './verify-person.ts';

/** A person's token, and the organisation that they act for. */
export interface PersonCall {
  readonly token: string;
  readonly organisation: string;
}

export interface PreparedOperation {
  readonly body: Bytes;
  readonly operationHash: Bytes;
  readonly coSignBytes: Bytes;
  readonly expiresAtUnixMs: number;
}

/** What a person wants done, once for one idempotency key. */
export interface WantedOperation {
  readonly contract: string;
  readonly method: string;
  readonly role: string;
  readonly args: JsonObject;
  /** 16 bytes. */
  readonly idempotencyKey: Bytes;
  readonly privateValues?: PrivateValues;
}

/** What a person may have another organisation's gateway do for their own. Nothing that opens or erases a vault. */
export const ASKED_METHODS = ['Assign', 'IssueLinkToken', 'Resolve', 'Collect'] as const;

/** What the gateway of an organisation does for others. */
export type AskedMethods = Readonly<Partial<Record<(typeof ASKED_METHODS)[number], SealedMethod>>>;

/** A method of another organisation's gateway, its arguments as in a sealed call. */
export interface Asked {
  readonly audience: string;
  readonly method: string;
  readonly args: JsonObject;
}

export interface PersonMethodsOptions {
  readonly issuer: string;
  readonly verifier: TokenVerifier;
  /** Organisations whose keys are here. */
  readonly gateways: ReadonlyMap<string, GatewayKeys>;
  /** Their vaults. */
  readonly vaults: ReadonlyMap<string, Pick<VaultStore, 'put'>>;
  /** Gateways here that answer others, by organisation. */
  readonly asked: ReadonlyMap<string, AskedMethods>;
  readonly ledger: Pick<LedgerHost, 'genesis' | 'genesisHash' | 'status'>;
  readonly admission: Pick<Admission, 'submit'>;
  /** By pseudonym. */
  readonly calls: TokenBuckets;
  readonly nowUnixMs: () => number;
}

/** A person whose token holds, at the gateway of an organisation that lets them do what they ask. */
export interface Actor {
  readonly gateway: GatewayKeys;
  readonly pseudonym: string;
}

/** Acts for people with the keys of their organisations. A prepared body is kept by nobody: it is judged anew when it comes back. */
export class PersonMethods {
  readonly #options: PersonMethodsOptions;

  constructor(options: PersonMethodsOptions) {
    this.#options = options;
  }

  /** @returns TOKEN_…, IDENTITY_UNREACHABLE, NOT_FOUND for an organisation without keys here, PERSON_NOT_ALLOWED, STEP_UP_NEEDED, RATE_LIMITED. */
  async actorOf({ token, organisation }: PersonCall, verb: PersonVerb): Promise<Result<Actor>> {
    const { issuer, verifier, gateways, calls, nowUnixMs } = this.#options;
    const principal = await verifyPerson(verifier, token);
    if (!principal.ok) return principal;
    const allowed = checkPerson(principal.value, organisation, verb, nowUnixMs());
    if (!allowed.ok) return allowed;
    const gateway = gateways.get(organisation);
    if (gateway === undefined) return refuse('NOT_FOUND', { what: 'gateway of the organisation', organisation });
    const pseudonym = pseudonymOf(gateway.personSecret, { issuer, sub: principal.value.sub });
    const retryAfterMs = calls.take(pseudonym);
    return retryAfterMs === 0 ? accept({ gateway, pseudonym }) : refuse('RATE_LIMITED', { retryAfterMs }, 'retry');
  }

  /** @returns as actorOf and the method asked, and NOT_FOUND for an organisation without keys here and for a method that it has not. */
  async askAs(call: PersonCall, { audience, method, args }: Asked): Promise<Result<Json>> {
    const actor = await this.actorOf(call, 'operate');
    if (!actor.ok) return actor;
    const methods = this.#options.asked.get(audience);
    const name = ASKED_METHODS.find((one) => one === method);
    const answer = name === undefined ? undefined : methods?.[name];
    if (answer === undefined)
      return refuse('NOT_FOUND', { what: 'method of the gateway of the organisation', organisation: audience, method });
    return answer({ caller: actor.value.gateway.organisation, args });
  }

  /** @returns as actorOf and keepPrivateValues, and what parseOperation says of a body that no ledger takes. */
  async prepare(call: PersonCall, { privateValues, ...wanted }: WantedOperation): Promise<Result<PreparedOperation>> {
    const { ledger, nowUnixMs } = this.#options;
    const actor = await this.actorOf(call, verbOf(wanted.contract));
    if (!actor.ok) return actor;
    const { gateway, pseudonym } = actor.value;
    const args = privateValues === undefined ? accept(wanted.args) : await this.#keep(gateway, privateValues, wanted);
    if (!args.ok) return args;
    const expiresAtUnixMs = Math.max(nowUnixMs(), ledger.status().timeUnixMs) + PREPARED_LIFE_MS;
    const { chainId } = ledger.genesis;
    const { organisation, operation: key } = gateway;
    const frame = { chainId, genesisHash: ledger.genesisHash, organisation, key, actor: pseudonym, expiresAtUnixMs };
    const request = { ...wanted, ...frame, args: args.value };
    const { body } = prepareGatewayOperation(request);
    // A name or a size that no ledger takes is told before the person signs it.
    const parsed = parseOperation(body);
    if (!parsed.ok) return parsed;
    const hash = operationHash(nodeCrypto.sha256, body);
    return accept({ body, operationHash: hash, coSignBytes: coSignatureSignBytes(hash), expiresAtUnixMs });
  }

  async #keep(gateway: GatewayKeys, values: PrivateValues, { args, idempotencyKey }: WantedOperation): Promise<Result<JsonObject>> {
    const vault = this.#options.vaults.get(gateway.organisation);
    if (vault === undefined) return refuse('NOT_FOUND', { what: 'vault of the organisation', organisation: gateway.organisation });
    return keepPrivateValues({ gateway, vault, idempotencyKey }, values, args);
  }

  /** @returns as actorOf and Admission.submit, and PREPARED_FOREIGN for a body that this gateway made for nobody or for another. */
  async submitPrepared(call: PersonCall, body: Bytes, coSignatures: readonly CoSignature[]): Promise<Result<StoredReceipt>> {
    const parsed = parseOperation(body);
    if (!parsed.ok) return parsed;
    const actor = await this.actorOf(call, verbOf(parsed.value.contract));
    if (!actor.ok) return actor;
    const { gateway, pseudonym } = actor.value;
    const foreign = this.#findForeign(parsed.value, gateway, pseudonym);
    if (foreign !== undefined) return refuse('PREPARED_FOREIGN', { field: foreign });
    const signature = gateway.operation.sign(operationSignBytes(body));
    return this.#options.admission.submit({ body, signature, coSignatures: [...coSignatures], shared: undefined }, gateway.organisation);
  }

  /** The field by which a body is not one that this gateway makes for this person. Network, genesis and expiry are admission's to check. */
  #findForeign(operation: Operation, { organisation, operation: key }: GatewayKeys, pseudonym: string): string | undefined {
    if (operation.organisation !== organisation) return 'organisation';
    if (operation.keyId !== key.keyId) return 'keyId';
    return operation.actor === pseudonym ? undefined : 'actor';
  }
}
