import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Bytes, base64urlDecode, base64urlEncode } from '@civitas/canon';
import { writeFileAtomically } from './write-file-atomically.ts';

const SECRET_BYTES = 32;

function readOrMake(path: string, make: () => string): string {
  if (existsSync(path)) return readFileSync(path, 'utf8');
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const made = make();
  writeFileAtomically(path, Buffer.from(made));
  return made;
}

function readPrivateKey(path: string, type: 'ed25519' | 'x25519'): KeyObject {
  const pem = readOrMake(path, () => {
    const { privateKey } = type === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('x25519');
    return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  });
  const key = createPrivateKey(pem);
  if (key.asymmetricKeyType !== type) throw new Error(`${path} holds a ${key.asymmetricKeyType} key, expected ${type}`);
  return key;
}

/** The Ed25519 key of a file, made at first use. @throws when the file holds something else: a damaged volume. */
export function readEd25519Key(path: string): KeyObject {
  return readPrivateKey(path, 'ed25519');
}

/** The X25519 key of a file, made at first use. */
export function readX25519Key(path: string): KeyObject {
  return readPrivateKey(path, 'x25519');
}

/** 32 secret bytes of a file, made at first use. */
export function readSecret(path: string): Bytes {
  const text = readOrMake(path, () => `${base64urlEncode(randomBytes(SECRET_BYTES))}\n`);
  const secret = base64urlDecode(text.trim());
  if (secret?.length !== SECRET_BYTES) throw new Error(`${path} does not hold ${SECRET_BYTES} bytes`);
  return secret;
}
