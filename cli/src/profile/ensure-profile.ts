import 'reflect-metadata';
import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, type webcrypto } from 'node:crypto';
import { join } from 'node:path';
import { base64urlEncode } from '@civitas/canon';
import { rawPublicKey } from '@civitas/canon/node';
import { cryptoProvider, Pkcs10CertificateRequestGenerator } from '@peculiar/x509';
import { CLIENT_NAME } from './client-name.ts';
import { newEd25519Pem, PROFILE_FILES, profileFolder, readOrCreate } from './profile-files.ts';

/** What `Agency.spec.clients` needs of a profile; nothing secret. */
export interface ProfileRequest {
  readonly agency: string;
  /** Name of the client in the certificate's SAN. */
  readonly client: string;
  /** Ed25519, base64url of 32 bytes. */
  readonly operationPublicKey: string;
  /** PKCS#10 over the TLS key, PEM. */
  readonly csr: string;
}

const INDEX_KEY_BYTES = 32;

function newP256Pem(): string {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

const EC_SIGNING = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

async function certificateRequest(tlsKeyPem: string, agency: string): Promise<string> {
  const { subtle } = globalThis.crypto;
  const key = createPrivateKey(tlsKeyPem);
  const privateKey = await subtle.importKey('pkcs8', new Uint8Array(key.export({ type: 'pkcs8', format: 'der' })), EC_SIGNING, true, [
    'sign',
  ]);
  const spki = new Uint8Array(createPublicKey(tlsKeyPem).export({ type: 'spki', format: 'der' }));
  const publicKey = await subtle.importKey('spki', spki, EC_SIGNING, true, ['verify']);
  cryptoProvider.set(globalThis.crypto);
  const keys: webcrypto.CryptoKeyPair = { privateKey, publicKey };
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: `CN=${CLIENT_NAME},O=${agency}`,
    keys,
    signingAlgorithm: EC_SIGNING,
  });
  return `${request.toString('pem')}\n`;
}

/**
 * Makes the keys of an agency's credential profile where they are missing, mode 0600 in a folder of mode 0700, and exports the
 * public halves. Running it again changes nothing.
 */
export async function ensureProfile(home: string, agency: string): Promise<ProfileRequest> {
  const folder = profileFolder(home, agency);
  const operationKey = readOrCreate(join(folder, PROFILE_FILES.operationKey), newEd25519Pem);
  readOrCreate(join(folder, PROFILE_FILES.approverKey), newEd25519Pem);
  const tlsKey = readOrCreate(join(folder, PROFILE_FILES.tlsKey), newP256Pem);
  readOrCreate(join(folder, PROFILE_FILES.indexKey), () => randomBytes(INDEX_KEY_BYTES).toString('base64url'));
  const made = await certificateRequest(tlsKey, agency);
  const csr = readOrCreate(join(folder, PROFILE_FILES.csr), () => made);
  return { agency, client: CLIENT_NAME, operationPublicKey: base64urlEncode(rawPublicKey(createPrivateKey(operationKey))), csr };
}
