/** A person's own key: the private half cannot leave the browser. */
export interface ApproverKey {
  /** Raw Ed25519, 32 bytes. */
  readonly publicKey: Uint8Array<ArrayBuffer>;
  readonly madeAtUnixMs: number;
  sign(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>>;
}

interface StoredKey {
  readonly privateKey: CryptoKey;
  readonly publicKey: Uint8Array<ArrayBuffer>;
  readonly madeAtUnixMs: number;
}

const DATABASE = 'civitas-approver-keys';
const STORE = 'keys';

function requestOf<Value>(request: IDBRequest<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result));
    request.addEventListener('error', () => reject(request.error ?? new Error('the key store failed')));
  });
}

async function withStore<Value>(mode: IDBTransactionMode, use: (store: IDBObjectStore) => IDBRequest<Value>): Promise<Value> {
  const opening = indexedDB.open(DATABASE, 1);
  opening.addEventListener('upgradeneeded', () => opening.result.createObjectStore(STORE));
  const database = await requestOf(opening);
  try {
    return await requestOf(use(database.transaction(STORE, mode, { durability: 'strict' }).objectStore(STORE)));
  } finally {
    database.close();
  }
}

function keyOf({ privateKey, publicKey, madeAtUnixMs }: StoredKey): ApproverKey {
  return {
    publicKey,
    madeAtUnixMs,
    sign: async (bytes) => new Uint8Array(await crypto.subtle.sign('Ed25519', privateKey, bytes)),
  };
}

/** The key of a person in this browser, if there is one. @param subject Whose: people who share a computer have each their own. */
export async function findApproverKey(subject: string): Promise<ApproverKey | undefined> {
  const stored: unknown = await withStore('readonly', (store) => store.get(subject));
  return isStored(stored) ? keyOf(stored) : undefined;
}

function isStored(value: unknown): value is StoredKey {
  return typeof value === 'object' && value !== null && 'privateKey' in value && value.privateKey instanceof CryptoKey;
}

/**
 * Makes a key and keeps it; never over one that is there.
 *
 * @throws DOMException NotSupportedError in a browser without Ed25519, ConstraintError when there is a key already.
 */
export async function makeApproverKey(subject: string, nowUnixMs: number): Promise<ApproverKey> {
  const pair = await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify']);
  if (!('privateKey' in pair)) throw new DOMException('no key pair', 'NotSupportedError');
  const publicKey = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey));
  const stored: StoredKey = { privateKey: pair.privateKey, publicKey, madeAtUnixMs: nowUnixMs };
  await withStore('readwrite', (store) => store.add(stored, subject));
  return keyOf(stored);
}

export async function forgetApproverKey(subject: string): Promise<void> {
  await withStore('readwrite', (store) => store.delete(subject));
}

/** Why no key was made: the browser has no Ed25519, there is one by now (another tab made it), or the browser would not keep it. */
export type NoKeyMade = 'unsupported' | 'exists' | 'notKept';

/** @param error What makeApproverKey threw. */
export function whyNoKey(error: unknown): NoKeyMade {
  if (!(error instanceof DOMException)) return 'unsupported';
  if (error.name === 'ConstraintError') return 'exists';
  return error.name === 'NotSupportedError' ? 'unsupported' : 'notKept';
}
