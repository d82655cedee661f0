import { createPrivateKey, type KeyObject } from 'node:crypto';
import { accept, type Bytes, base64urlDecode, base64urlEncode, type JsonObject, keyIdOf, type Result, refuse } from '@civitas/canon';
import { generateEd25519, nodeCrypto, rawPublicKey, signEd25519 } from '@civitas/canon/node';
import { citizenSignBytes } from '@civitas/contracts';
import type { VaultStore } from '../vault/vault-store.ts';

/** A citizen's key as their portal keeps it: in its vault, under the data key of the citizen's own subject, so that erasure ends it too. */
export class CitizenKey {
  readonly #key: KeyObject;
  readonly publicKey: Bytes;
  readonly keyId: string;

  constructor(key: KeyObject) {
    this.#key = key;
    this.publicKey = rawPublicKey(key);
    this.keyId = keyIdOf(nodeCrypto.sha256, this.publicKey);
  }

  /** Signature over a document in the citizen's name; base64url. */
  sign(domain: 'consent' | 'dispute' | 'key-binding', document: JsonObject): string {
    return base64urlEncode(signEd25519(this.#key, citizenSignBytes(domain, document)));
  }
}

const referenceOf = (subject: string): string => `citizen-key.${subject}`;
const FIELD = 'pkcs8';

/** @returns NOT_FOUND before there is one, ERASED for an erased subject. */
export function readCitizenKey(vault: Pick<VaultStore, 'read'>, subject: string): Result<CitizenKey> {
  const stored = vault.read(referenceOf(subject));
  if (!stored.ok) return stored;
  const value = stored.value.fields.find(({ name }) => name === FIELD)?.value;
  const der = typeof value === 'string' ? base64urlDecode(value) : undefined;
  if (der === undefined) throw new Error('the vault holds something else than a key under the reference of a citizen’s key');
  return accept(new CitizenKey(createPrivateKey({ key: Buffer.from(der), type: 'pkcs8', format: 'der' })));
}

/** The citizen's key, made and durable at first use. Of two that are made at once the first one stays. */
export async function ensureCitizenKey(vault: Pick<VaultStore, 'read' | 'put'>, subject: string): Promise<Result<CitizenKey>> {
  const known = readCitizenKey(vault, subject);
  if (known.ok || known.refusal.code !== 'NOT_FOUND') return known;
  const der = generateEd25519().privateKey.export({ type: 'pkcs8', format: 'der' });
  const fields = [{ name: FIELD, value: base64urlEncode(new Uint8Array(der)) }];
  const [put] = await vault.put([
    { reference: referenceOf(subject), record: { subject, collection: 'citizen-keys', fields, document: '' } },
  ]);
  if (put === undefined) return refuse('NOT_FOUND', { what: 'citizen key' });
  return put.ok || put.refusal.code === 'DUPLICATE' ? readCitizenKey(vault, subject) : put;
}
