import { isApiError, type KubeClient, type Secret, secrets } from '@civitas/kube';
import { authorityName, MANAGED_BY, type NetworkName, PLATFORM_KEY_SECRET, SYSTEM_NAMESPACE } from '../../core/desired/names.ts';
import { createAuthority, type KeyAndCertificate } from '../certificates/authority.ts';
import { newSeed, type PlatformKey, platformKeyOf } from '../ledger/platform-operations.ts';

/** Name of the city's own authority: it vouches for the relay's admin listener and for nobody on a ledger. */
export const PLATFORM_AUTHORITY: NetworkName = { namespace: 'platform', name: 'admin' };

/** A value of a Secret as text. */
export function secretText(secret: Secret | undefined, key: string): string | undefined {
  const value = secret?.data?.[key];
  return value === undefined ? undefined : Buffer.from(value, 'base64').toString('utf8');
}

export function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}

/** Secrets of the operator's own namespace that are made once and read ever after. */
export interface Authorities {
  find(network: NetworkName): Promise<KeyAndCertificate | undefined>;
  /** Makes it, or reads the one that another run made first. */
  create(network: NetworkName, nowUnixMs: number): Promise<KeyAndCertificate>;
  platformKey(): Promise<PlatformKey>;
}

/** Keeps in memory what it has read: nothing else writes these Secrets, and they never change. */
export function createAuthorities(client: KubeClient): Authorities {
  const known = new Map<string, KeyAndCertificate>();
  let platform: Promise<PlatformKey> | undefined;

  const read = async (name: string): Promise<Secret | undefined> => client.find(secrets, { namespace: SYSTEM_NAMESPACE, name });

  const createOnce = async (name: string, type: string, data: Readonly<Record<string, string>>): Promise<Secret> => {
    try {
      const metadata = { name, namespace: SYSTEM_NAMESPACE, labels: MANAGED_BY };
      const encoded = Object.fromEntries(Object.entries(data).map(([key, value]) => [key, base64(value)]));
      return await client.create(secrets, { apiVersion: 'v1', kind: 'Secret', metadata, ...{ type, data: encoded, immutable: true } });
    } catch (error) {
      if (isApiError(error, 'AlreadyExists')) return client.get(secrets, { namespace: SYSTEM_NAMESPACE, name });
      throw error;
    }
  };

  const remember = (name: string, secret: Secret | undefined): KeyAndCertificate | undefined => {
    const [certificatePem, privateKeyPem] = [secretText(secret, 'tls.crt'), secretText(secret, 'tls.key')];
    if (certificatePem === undefined || privateKeyPem === undefined) return undefined;
    const authority = { certificatePem, privateKeyPem };
    known.set(name, authority);
    return authority;
  };

  const loadPlatformKey = async (): Promise<PlatformKey> => {
    const secret = (await read(PLATFORM_KEY_SECRET)) ?? (await createOnce(PLATFORM_KEY_SECRET, 'Opaque', { seed: newSeed() }));
    const seed = secretText(secret, 'seed');
    if (seed === undefined) throw new Error(`Secret ${PLATFORM_KEY_SECRET} holds no seed`);
    return platformKeyOf(seed);
  };

  return {
    async find(network) {
      const name = authorityName(network);
      return known.get(name) ?? remember(name, await read(name));
    },
    async create(network, nowUnixMs) {
      const name = authorityName(network);
      const made = await createAuthority(name, nowUnixMs);
      const stored = await createOnce(name, 'kubernetes.io/tls', { 'tls.crt': made.certificatePem, 'tls.key': made.privateKeyPem });
      const authority = remember(name, stored);
      if (authority === undefined) throw new Error(`Secret ${name} holds no certificate authority`);
      return authority;
    },
    platformKey() {
      platform ??= loadPlatformKey().catch((error: unknown) => {
        platform = undefined;
        throw error;
      });
      return platform;
    },
  };
}
