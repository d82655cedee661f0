import { accept, encodeCanonical, isJsonObject, type Json, type JsonObject, type Result, refuse } from '@civitas/canon';
import { VaultServiceClient } from '@civitas/proto/civitas/node/v1/vault.ts';
import { Fault, Refused } from '../fault.ts';
import type { Profile } from '../profile/load-profile.ts';
import { CHANNEL_OPTIONS, channelCredentials } from './channel.ts';
import type { LedgerClient } from './ledger-client.ts';
import { PUT_FIELD_FRAME_BYTES, PUT_ITEM_FRAME_BYTES } from './limits.ts';
import { createSealedSender } from './sealed-channel.ts';
import { unary } from './unary.ts';

export interface PutRequest {
  readonly subject: string;
  readonly collection: string;
  readonly fields: readonly { readonly name: string; readonly value: Json }[];
  /** Content as it was read, base64url. */
  readonly document?: string;
  /** The caller's own handle; the same one again answers the same commitments. */
  readonly reference?: string;
}

export interface PutAnswer {
  readonly reference: string;
  /** By field name, base64url of 32 bytes. */
  readonly commitments: Readonly<Record<string, string>>;
}

export interface Opened {
  readonly name: string;
  readonly value: Json;
  /** base64url of 32 bytes. */
  readonly salt: string;
}

/** Private values at the gateways of one network. Every call is signed with the organisation's key and sealed to the gateway's. */
export interface VaultClient {
  /** Own gateway. @throws Refused. */
  put(request: PutRequest): Promise<PutAnswer>;
  /** Many records with one call, at most PUT_ITEMS_MAX and PUT_BYTES_MAX together; one result each, in order. */
  putMany(requests: readonly PutRequest[]): Promise<readonly Result<PutAnswer>[]>;
  /** Own gateway. */
  open(reference: string, fields?: readonly string[]): Promise<readonly Opened[]>;
  /** A custodian's gateway, for a value released to us on the ledger. */
  collect(custodian: string, args: JsonObject): Promise<{ readonly value: Json; readonly salt: string }>;
  /** Own gateway; irreversible. */
  erase(subject: string): Promise<Json>;
  close(): void;
}

function asObject(what: string, value: Json): JsonObject {
  if (isJsonObject(value)) return value;
  throw new Fault('ANSWER_MALFORMED', `${what}: the vault's answer is no object`);
}

function putAnswerOf(item: Json): Result<PutAnswer> {
  const { ok, reference, commitments, refusal } = asObject('put', item);
  if (ok === false && isJsonObject(refusal) && typeof refusal['code'] === 'string' && isJsonObject(refusal['facts'])) {
    return refuse(refusal['code'], refusal['facts']);
  }
  if (typeof reference !== 'string' || !isJsonObject(commitments))
    throw new Fault('ANSWER_MALFORMED', 'put: reference or commitments missing');
  return accept({ reference, commitments: Object.fromEntries(Object.entries(commitments).map(([name, value]) => [name, String(value)])) });
}

function putArgsOf({ fields, ...request }: PutRequest): JsonObject {
  return { ...request, fields: fields.map(({ name, value }) => ({ name, value })) };
}

/** Bytes that a record takes in a call, at most: its document, its values, and names and quotes. */
export function putBytesOf({ document = '', fields }: PutRequest): number {
  const values = fields.reduce((sum, { name, value }) => sum + name.length + encodeCanonical(value).length + PUT_FIELD_FRAME_BYTES, 0);
  return document.length + values + PUT_ITEM_FRAME_BYTES;
}

function openedOf(value: Json): Opened {
  const { name, value: inner, salt } = asObject('open', value);
  return { name: String(name), value: inner ?? null, salt: String(salt) };
}

export function openVaultClient(profile: Profile, ledger: LedgerClient, signal?: AbortSignal): VaultClient {
  const client = new VaultServiceClient(ledger.access.document.vault, channelCredentials(ledger.access), CHANNEL_OPTIONS);
  const methods = {
    Put: client.put.bind(client),
    Open: client.open.bind(client),
    Collect: client.collect.bind(client),
    Erase: client.erase.bind(client),
  };
  const send = createSealedSender({
    ledger,
    profile,
    signal,
    send: (method, call) => unary(methods[method as keyof typeof methods], call, signal),
  });
  const putMany: VaultClient['putMany'] = async (requests) => {
    const answer = asObject('put', await send(profile.agency, 'Put', { items: requests.map(putArgsOf) }));
    const items = answer['items'];
    if (!Array.isArray(items) || items.length !== requests.length) {
      throw new Fault('ANSWER_MALFORMED', `put: the vault's answer has not one result for each of ${requests.length} records`);
    }
    return items.map(putAnswerOf);
  };
  return {
    putMany,
    async put(request) {
      const [answer] = await putMany([request]);
      if (answer?.ok === true) return answer.value;
      throw new Refused(`${profile.agency} at ${ledger.network}: Put`, answer?.refusal ?? { code: 'NOT_FOUND', facts: {}, then: 'drop' });
    },
    async open(reference, fields) {
      const answer = asObject(
        'open',
        await send(profile.agency, 'Open', fields === undefined ? { reference } : { reference, fields: [...fields] }),
      );
      const opened = answer['fields'];
      return Array.isArray(opened) ? opened.map(openedOf) : [];
    },
    async collect(custodian, args) {
      const answer = asObject('collect', await send(custodian, 'Collect', args));
      return { value: answer['value'] ?? null, salt: String(answer['salt']) };
    },
    erase: (subject) => send(profile.agency, 'Erase', { subject }),
    close: () => client.close(),
  };
}
