import 'reflect-metadata';
import { createPrivateKey, webcrypto } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileDurably } from '@civitas/durable-file';
import * as x509 from '@peculiar/x509';

x509.cryptoProvider.set(webcrypto);

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** The console's TLS key, made here and never sent anywhere, and the request that the operator issues certificates for. */
export interface ConsoleKey {
  readonly privateKeyPem: string;
  readonly requestPem: string;
}

/** Reads the key from `folder`, or makes it there with mode 0600. */
export async function openConsoleKey(folder: string): Promise<ConsoleKey> {
  const path = join(folder, 'ledger-tls.key');
  const privateKeyPem = (await findText(path)) ?? (await makeKey(path));
  const pkcs8 = createPrivateKey(privateKeyPem).export({ type: 'pkcs8', format: 'der' });
  const privateKey = await webcrypto.subtle.importKey('pkcs8', pkcs8, ALGORITHM, true, ['sign']);
  const { d: _, ...publicJwk } = await webcrypto.subtle.exportKey('jwk', privateKey);
  const publicKey = await webcrypto.subtle.importKey('jwk', { ...publicJwk, key_ops: ['verify'] }, ALGORITHM, true, ['verify']);
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: 'CN=console',
    keys: { privateKey, publicKey },
    signingAlgorithm: ALGORITHM,
  });
  return { privateKeyPem, requestPem: request.toString('pem') };
}

async function makeKey(path: string): Promise<string> {
  const { privateKey } = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', privateKey));
  const pem = createPrivateKey({ key: der, type: 'pkcs8', format: 'der' }).export({ type: 'pkcs8', format: 'pem' }).toString();
  await writeFileDurably(path, pem);
  return pem;
}

async function findText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
