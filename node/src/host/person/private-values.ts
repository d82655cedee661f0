import { createHmac } from 'node:crypto';
import {
  accept,
  type Bytes,
  base64urlEncode,
  concatBytes,
  type Json,
  type JsonObject,
  type Result,
  refuse,
  utf8Encode,
} from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import type { GatewayKeys } from '../keys/node-keys.ts';
import { NAME_CHARS_MAX } from '../vault/limits.ts';
import type { VaultStore } from '../vault/vault-store.ts';
import { PRIVATE_VALUES_MAX } from './limits.ts';

/** What stays in the vault of the organisation while its operation speaks of it. */
export interface PrivateValues {
  /** Argument that names whose they are. */
  readonly subjectField: string;
  readonly collection: string;
  /** Argument that takes the vault's reference; '' for none. */
  readonly referenceField: string;
  readonly values: readonly PrivateValue[];
}

export interface PrivateValue {
  readonly field: string;
  readonly standIn: 'commitment' | 'pseudonym' | 'nullifier';
  readonly value: Json;
}

interface Keeping {
  readonly gateway: Pick<GatewayKeys, 'organisation' | 'subjectIndexKey'>;
  readonly vault: Pick<VaultStore, 'put'>;
  /** Of the operation: repeated, it finds the same record of the vault. */
  readonly idempotencyKey: Bytes;
}

const PSEUDONYM_BYTES = 16;
/** Bytes of a keyed hash, by what stands for a value. */
const HASH_BYTES = { pseudonym: PSEUDONYM_BYTES, nullifier: 32 } as const;
const ID = /^[A-Za-z0-9._:@-]+$/;

/**
 * What stands for a string at one organisation on one ledger: the same each time, meaningless without the organisation's secret. What
 * names records and what only tells that a thing was used before have nothing in common.
 *
 * @returns base64url of 16 bytes, of 32 for a nullifier.
 */
function keyedHashOf(
  { subjectIndexKey }: Keeping['gateway'],
  { standIn, collection, text }: { readonly standIn: keyof typeof HASH_BYTES; readonly collection: string; readonly text: string },
): string {
  const mac = createHmac('sha256', subjectIndexKey).update(`civitas/${standIn}/v1\n${collection}\n${text}`).digest();
  return base64urlEncode(mac.subarray(0, HASH_BYTES[standIn]));
}

function referenceOf({ gateway, idempotencyKey }: Keeping): string {
  const name = utf8Encode(`civitas/private-values/v1\n${gateway.organisation}\n`);
  return base64urlEncode(nodeCrypto.sha256(concatBytes(name, idempotencyKey)).slice(0, PSEUDONYM_BYTES));
}

const wrong = (field: string, expected: string): Result<never> => refuse('MALFORMED', { field: `private_values.${field}`, expected });

function checkForm({ collection, values }: PrivateValues, args: JsonObject): Result<true> {
  if (values.length < 1 || values.length > PRIVATE_VALUES_MAX) return wrong('values', `1 … ${PRIVATE_VALUES_MAX}`);
  if (collection.length > NAME_CHARS_MAX || !ID.test(collection)) return wrong('collection', 'a name');
  const named = values.map(({ field }) => field);
  if (new Set(named).size !== named.length || named.some((field) => !ID.test(field) || field in args))
    return wrong('field', 'each argument once, and nothing in its place yet');
  const unusable = values.find(({ standIn, value }) => standIn !== 'commitment' && (typeof value !== 'string' || value === ''));
  return unusable === undefined ? accept(true) : wrong(unusable.field, 'a string');
}

/**
 * Keeps private values and answers the arguments with what stands for each. Whatever becomes of the operation, they are in the vault:
 * the same wish again finds them there, and erasing their subject destroys them.
 *
 * @returns MALFORMED for a form that is none, DUPLICATE for other values under that idempotency key, ERASED for an erased subject. A
 * refusal never repeats a value.
 */
export async function keepPrivateValues(keeping: Keeping, wanted: PrivateValues, args: JsonObject): Promise<Result<JsonObject>> {
  const checked = checkForm(wanted, args);
  if (!checked.ok) return checked;
  const { subjectField, collection, referenceField, values } = wanted;
  const hashes = values.flatMap(({ field, standIn, value }) =>
    standIn === 'commitment' ? [] : [[field, keyedHashOf(keeping.gateway, { standIn, collection, text: String(value) })] as const],
  );
  const known: JsonObject = { ...args, ...Object.fromEntries(hashes) };
  const subject = known[subjectField];
  if (typeof subject !== 'string' || subject.length > NAME_CHARS_MAX || !ID.test(subject))
    return wrong('subject_field', 'an argument that is an id');
  const reference = referenceOf(keeping);
  const fields = values.map(({ field: name, value }) => ({ name, value }));
  const [kept] = await keeping.vault.put([{ reference, record: { subject, collection, fields, document: '' } }]);
  if (kept === undefined || !kept.ok) return kept ?? refuse('FAULT', {}, 'retry');
  const commitments = values
    .filter(({ standIn }) => standIn === 'commitment')
    .map(({ field }) => [field, kept.value[field] ?? ''] as const);
  return accept({ ...known, ...Object.fromEntries(commitments), ...(referenceField === '' ? {} : { [referenceField]: reference }) });
}
