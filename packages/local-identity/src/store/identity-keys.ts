import { generateKeyPairSync, type JsonWebKey, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { writeFileDurably } from '@civitas/durable-file';
import { LocalIdentityFault } from '../codes.ts';
import { RETIRED_KEY_S, SIGNING_KEY_S } from '../limits.ts';

/** A private key with what a JWK set says of it. */
export interface SigningKey {
  readonly kid: string;
  readonly alg: 'ES256';
  readonly use: 'sig';
  readonly kty: 'EC';
  readonly crv: 'P-256';
  readonly x: string;
  readonly y: string;
  readonly d: string;
}

interface KeyRecord {
  readonly key: SigningKey;
  readonly madeAtUnixS: number;
  readonly retiredAtUnixS: number | undefined;
}

interface KeysContent {
  readonly formatVersion: 1;
  /** The newest first: it signs. */
  readonly signing: readonly KeyRecord[];
  /** Key of cookie signatures and form tokens, base64url. */
  readonly cookieSecret: string;
}

export interface IdentityKeys {
  /** The first one signs, all are published. */
  readonly signing: () => readonly SigningKey[];
  readonly cookieSecret: string;
  /** Makes a new key when the newest is due and drops what has been retired for long. @returns true when the set has changed. */
  readonly rotateIfDue: () => Promise<boolean>;
}

/** A fresh ES256 key. */
function makeSigningKey(): SigningKey {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x = '', y = '', d = '' }: JsonWebKey = privateKey.export({ format: 'jwk' });
  return { kid: randomBytes(12).toString('base64url'), alg: 'ES256', use: 'sig', kty: 'EC', crv: 'P-256', x, y, d };
}

/** What the world may see of a key. */
export type PublicKey = Omit<SigningKey, 'd'>;

export function publicPartOf({ d: _secret, ...open }: SigningKey): PublicKey {
  return open;
}

function rotated(content: KeysContent, nowUnixS: number): KeysContent {
  const [newest] = content.signing;
  const isDue = newest === undefined || nowUnixS - newest.madeAtUnixS >= SIGNING_KEY_S;
  const fresh: KeyRecord = { key: makeSigningKey(), madeAtUnixS: nowUnixS, retiredAtUnixS: undefined };
  const older = isDue
    ? content.signing.map((record) => ({ ...record, retiredAtUnixS: record.retiredAtUnixS ?? nowUnixS }))
    : content.signing;
  const published = older.filter(({ retiredAtUnixS }) => retiredAtUnixS === undefined || nowUnixS - retiredAtUnixS < RETIRED_KEY_S);
  if (!isDue && published.length === content.signing.length) return content;
  return { ...content, signing: isDue ? [fresh, ...published] : published };
}

async function readKeys(path: string): Promise<KeysContent | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw cause;
  }
  try {
    const content = JSON.parse(text) as KeysContent;
    if (content.formatVersion === 1 && Array.isArray(content.signing) && typeof content.cookieSecret === 'string') return content;
  } catch (cause) {
    throw new LocalIdentityFault('IDENTITY_FILE_BROKEN', `${path} is not JSON`, { cause });
  }
  throw new LocalIdentityFault('IDENTITY_FILE_BROKEN', `${path} has another format than version 1`);
}

/**
 * Opens the keys file, or makes the first key.
 *
 * @param nowUnixS clock, Unix seconds.
 * @throws LocalIdentityFault IDENTITY_FILE_BROKEN.
 */
export async function openIdentityKeys(path: string, nowUnixS: () => number): Promise<IdentityKeys> {
  let content = (await readKeys(path)) ?? { formatVersion: 1, signing: [], cookieSecret: randomBytes(32).toString('base64url') };
  const rotateIfDue = async (): Promise<boolean> => {
    const next = rotated(content, nowUnixS());
    if (next === content) return false;
    await writeFileDurably(path, `${JSON.stringify(next, null, 1)}\n`);
    content = next;
    return true;
  };
  await rotateIfDue();
  return { signing: () => content.signing.map(({ key }) => key), cookieSecret: content.cookieSecret, rotateIfDue };
}
