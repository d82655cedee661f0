import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Bytes,
  base64urlDecode,
  base64urlEncode,
  encodeCanonical,
  equalBytes,
  isJsonObject,
  type Json,
  type JsonObject,
  type KeyId,
  keyIdOf,
} from '@civitas/canon';
import { nodeCrypto, rawPublicKey } from '@civitas/canon/node';
import type { ClientDocument } from '@civitas/deployment';
import { Fault } from '../fault.ts';
import { newEd25519Pem, PROFILE_FILES, profileFolder, readOrCreate } from './profile-files.ts';

/** One network as a profile reaches it. */
export interface NetworkAccess {
  readonly document: ClientDocument;
  readonly genesisHash: Bytes;
  /** The genesis document; undefined when the operator did not hand it out. */
  readonly genesis: JsonObject | undefined;
  /** Leaf first; the certificates of the authorities follow. */
  readonly certificatePem: string;
  readonly authorityPem: string;
  readonly tlsKeyPem: string;
  /** When it was brought to this machine; absent where it was not read from one. */
  readonly fetchedUnixMs?: number;
}

/** An organisation's credentials on this machine. */
export interface Profile {
  readonly agency: string;
  readonly folder: string;
  readonly operationKey: KeyObject;
  readonly keyId: KeyId;
  readonly publicKey: string;
  /** A person's key at the agency, for governance verbs. */
  readonly approver: { readonly key: KeyObject; readonly keyId: KeyId; readonly publicKey: string };
  /** 32 bytes; record ids of ingested documents are keyed by it. */
  readonly indexKey: Bytes;
  readonly networks: ReadonlyMap<string, NetworkAccess>;
}

const RENEW_BEFORE_MS = 3_600_000;
const FETCH_EVERY_MS = 600_000;
const PEM_BLOCK = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----\n?/g;

function isClientDocument(value: unknown): value is ClientDocument {
  if (typeof value !== 'object' || value === null) return false;
  const fields: readonly (keyof ClientDocument)[] = ['network', 'chainId', 'genesisHash', 'grpc', 'vault', 'organisation'];
  return fields.every((field) => typeof (value as Readonly<Record<string, unknown>>)[field] === 'string');
}

function genesisOf(document: ClientDocument, genesisHash: Bytes): JsonObject | undefined {
  if (typeof document.genesis !== 'string') return undefined;
  const genesis: Json = JSON.parse(document.genesis);
  if (isJsonObject(genesis) && equalBytes(nodeCrypto.sha256(encodeCanonical(genesis)), genesisHash)) return genesis;
  throw new Fault('PROFILE_BROKEN', `${document.network}: the genesis document does not have the genesis hash ${document.genesisHash}`);
}

/** Reads `<network>.json` and `<network>.crt`. @throws Fault PROFILE_BROKEN when they are not what the operator writes. */
export function parseNetworkAccess(json: string, certificates: string, tlsKeyPem: string): NetworkAccess {
  const document: unknown = JSON.parse(json);
  const blocks = certificates.match(PEM_BLOCK) ?? [];
  // While an authority is rolled over the former and the next one stand here both.
  const authorityPem = blocks.slice(1).join('');
  if (!isClientDocument(document) || blocks.length < 2) {
    throw new Fault('PROFILE_BROKEN', 'a network of the profile lacks its document or its certificate chain; run: civitas login');
  }
  const genesisHash = base64urlDecode(document.genesisHash);
  if (genesisHash?.length !== 32) throw new Fault('PROFILE_BROKEN', `${document.network}: the genesis hash is not 32 bytes`);
  const genesis = genesisOf(document, genesisHash);
  return { document, genesis, genesisHash, certificatePem: blocks.join(''), authorityPem, tlsKeyPem };
}

function loadNetworks(folder: string, tlsKeyPem: string): Map<string, NetworkAccess> {
  const networks = new Map<string, NetworkAccess>();
  const place = join(folder, PROFILE_FILES.networks);
  for (const file of existsSync(place) ? readdirSync(place).sort() : []) {
    if (!file.endsWith('.json')) continue;
    const certificates = join(place, file.replace(/\.json$/, '.crt'));
    if (!existsSync(certificates)) continue;
    const access = parseNetworkAccess(readFileSync(join(place, file), 'utf8'), readFileSync(certificates, 'utf8'), tlsKeyPem);
    networks.set(access.document.network, { ...access, fetchedUnixMs: statSync(certificates).mtimeMs });
  }
  return networks;
}

/**
 * True when a profile has a certificate for no network, one that ends within the hour, or some that were fetched a while ago: a network
 * whose authority is rolled over hands out new ones long before the old ones end.
 */
export function needsRefresh(profile: Profile, nowUnixMs: number): boolean {
  const fetched = [...profile.networks.values()].flatMap(({ fetchedUnixMs }) => fetchedUnixMs ?? []);
  if (Math.min(...fetched) < nowUnixMs - FETCH_EVERY_MS) return true;
  const ends = [...profile.networks.values()].map(({ certificatePem }) => Date.parse(new X509Certificate(certificatePem).validTo));
  return ends.length === 0 || Math.min(...ends) < nowUnixMs + RENEW_BEFORE_MS;
}

/** Agencies with a profile below this home, in order. */
export function listProfiles(home: string): string[] {
  const folder = join(home, 'profiles');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((agency) => existsSync(join(folder, agency, PROFILE_FILES.operationKey)))
    .sort();
}

/** Reads one agency's profile. @throws Fault PROFILE_MISSING with the names there are. */
export function loadProfile(home: string, agency: string): Profile {
  const folder = profileFolder(home, agency);
  const known = listProfiles(home);
  if (!known.includes(agency)) {
    const have = known.length === 0 ? 'there are none yet: is the city started (npm start)?' : `there are: ${known.join(', ')}`;
    throw new Fault('PROFILE_MISSING', `no credential profile '${agency}' in ${join(home, 'profiles')}; ${have}`);
  }
  const read = (file: string): string => readFileSync(join(folder, file), 'utf8');
  const operationKey = createPrivateKey(read(PROFILE_FILES.operationKey));
  const publicKey = rawPublicKey(operationKey);
  const indexKey = base64urlDecode(read(PROFILE_FILES.indexKey).trim());
  if (indexKey === undefined) throw new Fault('PROFILE_BROKEN', `${agency}: index.key is not base64url`);
  const approverKey = createPrivateKey(readOrCreate(join(folder, PROFILE_FILES.approverKey), newEd25519Pem));
  const approverPublicKey = rawPublicKey(approverKey);
  return {
    agency,
    folder,
    approver: {
      key: approverKey,
      keyId: keyIdOf(nodeCrypto.sha256, approverPublicKey),
      publicKey: base64urlEncode(approverPublicKey),
    },
    operationKey,
    keyId: keyIdOf(nodeCrypto.sha256, publicKey),
    publicKey: base64urlEncode(publicKey),
    indexKey,
    networks: loadNetworks(folder, read(PROFILE_FILES.tlsKey)),
  };
}

/** The profile's way to a network. @throws Fault PROFILE_WITHOUT_NETWORK. */
export function networkOf(profile: Profile, network: string): NetworkAccess {
  const access = profile.networks.get(network);
  if (access !== undefined) return access;
  const have = [...profile.networks.keys()].join(', ') || 'none';
  throw new Fault(
    'PROFILE_WITHOUT_NETWORK',
    `${profile.agency} has no certificate for network '${network}' (it has: ${have}); run: civitas login`,
  );
}
