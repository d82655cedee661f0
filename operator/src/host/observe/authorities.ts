import { createHash } from 'node:crypto';
import { isApiError, type KubeClient, type Reflector, rfc3339Of, type Secret, secrets } from '@civitas/kube';
import {
  ANNOTATIONS,
  authorityGenerationName,
  authorityName,
  MANAGED_BY,
  type NetworkName,
  PLATFORM_KEY_SECRET,
  SYSTEM_NAMESPACE,
} from '../../core/desired/names.ts';
import { authorityState, type ObservedGeneration, ROLL_OVER_PHASES } from '../../core/plan/authority-state.ts';
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

/** SHA-256 of a certificate's text, base64url: tells authorities of one number apart. */
export function certificateHashOf(certificatePem: string): string {
  return createHash('sha256').update(certificatePem).digest('base64url');
}

/** The authority that issues now, and whom else to trust. */
export interface NetworkAuthority extends KeyAndCertificate {
  /** Certificates that the network trusts now, the issuer's first. */
  readonly bundlePem: string;
  /** Certificates of every generation there is: while a roll-over goes on, nodes differ in whom they are of. */
  readonly everyPem: string;
  /** Changes whenever one of the above does. */
  readonly fingerprint: string;
}

/** Secrets of the operator's own namespace. */
export interface Authorities {
  find(network: NetworkName): Promise<NetworkAuthority | undefined>;
  /** Makes the first one, or takes the one that was issued, or reads the one that another run made first. */
  create(network: NetworkName, nowUnixMs: number, issued?: KeyAndCertificate): Promise<KeyAndCertificate>;
  /** What the Secrets say of a network's authorities, oldest first; empty until the first one has been seen. */
  generations(network: NetworkName): readonly ObservedGeneration[];
  /** Key and certificate of one generation. */
  generation(network: NetworkName, generation: number): KeyAndCertificate | undefined;
  /** Makes the next one, to be trusted beside the one that issues; one that another run made stays. */
  add(network: NetworkName, next: NextAuthority): Promise<void>;
  advance(network: NetworkName, to: { readonly generation: number; readonly phase: string; readonly nowUnixMs: number }): Promise<void>;
  drop(network: NetworkName, former: { readonly generation: number; readonly uid: string }): Promise<void>;
  /** Deletes these generations with their keys: whoever founds a network of this name later starts with an authority of its own. */
  remove(network: NetworkName, generations: readonly number[]): Promise<void>;
  platformKey(): Promise<PlatformKey>;
}

export interface NextAuthority {
  readonly generation: number;
  readonly operationUID: string;
  readonly overlapMs: number;
  readonly nowUnixMs: number;
  /** Made by another issuer; default the operator makes it. */
  readonly issued?: KeyAndCertificate;
}

/** One generation as its Secret holds it. */
interface Generation extends ObservedGeneration {
  readonly keys: KeyAndCertificate;
}

/** @param followed The watched Secrets of the operator's namespace, once they are. */
export function createAuthorities(client: KubeClient, followed: () => Reflector<Secret> | undefined): Authorities {
  /** First generations whose Secrets the watch has not shown yet, by their names. */
  const made = new Map<string, KeyAndCertificate>();
  const index = createGenerationIndex(followed);
  const platformKey = createPlatformKey(client);
  const look = (network: NetworkName): readonly Generation[] => {
    const all = index(network);
    // From now on the watch knows better: what it shows no longer is deleted, and its key is not to sign again.
    if (all.length > 0) made.delete(authorityName(network));
    return all;
  };

  return {
    async find(network) {
      const all = look(network);
      if (all.length > 0) return inForce(all);
      // Its Secret is newer than what has been watched: nothing of it can have been rolled over.
      const name = authorityName(network);
      const keys = made.get(name) ?? keysOf(await readSecret(client, name));
      if (keys === undefined) return undefined;
      made.set(name, keys);
      return alone(keys);
    },
    async create(network, nowUnixMs, issued) {
      const name = authorityName(network);
      const { certificatePem, privateKeyPem } = issued ?? (await createAuthority(name, nowUnixMs));
      const data = { 'tls.crt': certificatePem, 'tls.key': privateKeyPem };
      const authority = keysOf(await createOnce(client, name, { type: 'kubernetes.io/tls', data }));
      if (authority === undefined) throw new Error(`Secret ${name} holds no certificate authority`);
      made.set(name, authority);
      return authority;
    },
    generations: (network) => look(network).map(withoutKeys),
    generation: (network, generation) =>
      look(network).find((one) => one.generation === generation)?.keys ?? (generation === 1 ? made.get(authorityName(network)) : undefined),
    async add(network, { generation, operationUID, overlapMs, nowUnixMs, issued }) {
      const name = authorityGenerationName(network, generation);
      const { certificatePem, privateKeyPem } = issued ?? (await createAuthority(name, nowUnixMs));
      const annotations = {
        [ANNOTATIONS.phase]: 'Trusting',
        [ANNOTATIONS.since]: rfc3339Of(nowUnixMs),
        [ANNOTATIONS.overlapSeconds]: String(Math.ceil(overlapMs / 1000)),
        [ANNOTATIONS.operation]: operationUID,
      };
      await createOnce(client, name, {
        type: 'kubernetes.io/tls',
        data: { 'tls.crt': certificatePem, 'tls.key': privateKeyPem },
        annotations,
      });
    },
    async advance(network, { generation, phase, nowUnixMs }) {
      const name = authorityGenerationName(network, generation);
      const annotations = { [ANNOTATIONS.phase]: phase, [ANNOTATIONS.since]: rfc3339Of(nowUnixMs) };
      await client.mergePatch(secrets, { namespace: SYSTEM_NAMESPACE, name }, { metadata: { annotations } });
    },
    async drop(network, { generation, uid }) {
      const name = authorityGenerationName(network, generation);
      made.delete(name);
      await client.delete(secrets, { namespace: SYSTEM_NAMESPACE, name }, { uid });
    },
    async remove(network, generations) {
      for (const generation of generations)
        await client.delete(secrets, { namespace: SYSTEM_NAMESPACE, name: authorityGenerationName(network, generation) });
      // After the Secrets are gone: whoever looks in between would remember it anew.
      made.delete(authorityName(network));
    },
    platformKey,
  };
}

/** The platform's own key: read once, made when it is not there yet. */
function createPlatformKey(client: KubeClient): () => Promise<PlatformKey> {
  let platform: Promise<PlatformKey> | undefined;
  const load = async (): Promise<PlatformKey> => {
    const found = await readSecret(client, PLATFORM_KEY_SECRET);
    const secret = found ?? (await createOnce(client, PLATFORM_KEY_SECRET, { type: 'Opaque', data: { seed: newSeed() } }));
    const seed = secretText(secret, 'seed');
    if (seed === undefined) throw new Error(`Secret ${PLATFORM_KEY_SECRET} holds no seed`);
    return platformKeyOf(seed);
  };
  return () => {
    platform ??= load().catch((error: unknown) => {
      platform = undefined;
      throw error;
    });
    return platform;
  };
}

function readSecret(client: KubeClient, name: string): Promise<Secret | undefined> {
  return client.find(secrets, { namespace: SYSTEM_NAMESPACE, name });
}

interface SecretBody {
  readonly type: string;
  readonly data: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Makes it, or reads the one that another run made first. */
async function createOnce(client: KubeClient, name: string, { type, data, annotations = {} }: SecretBody): Promise<Secret> {
  try {
    const metadata = { name, namespace: SYSTEM_NAMESPACE, labels: MANAGED_BY, annotations };
    const encoded = Object.fromEntries(Object.entries(data).map(([key, value]) => [key, base64(value)]));
    return await client.create(secrets, { apiVersion: 'v1', kind: 'Secret', metadata, ...{ type, data: encoded, immutable: true } });
  } catch (error) {
    if (isApiError(error, 'AlreadyExists')) return client.get(secrets, { namespace: SYSTEM_NAMESPACE, name });
    throw error;
  }
}

/** What plans may see of one. */
function withoutKeys({ generation, uid, certificateHash, phase, sinceUnixMs, overlapMs, operationUID }: Generation): ObservedGeneration {
  return { generation, uid, certificateHash, phase, sinceUnixMs, overlapMs, operationUID };
}

function keysOf(secret: Secret | undefined): KeyAndCertificate | undefined {
  const [certificatePem, privateKeyPem] = [secretText(secret, 'tls.crt'), secretText(secret, 'tls.key')];
  return certificatePem === undefined || privateKeyPem === undefined ? undefined : { certificatePem, privateKeyPem };
}

const pemsOf = (list: readonly Generation[]): string => list.map(({ keys }) => keys.certificatePem).join('');
const hashesOf = (list: readonly Generation[]): string => list.map(({ certificateHash }) => certificateHash).join(',');

/** One beside which there is no other. */
function alone(keys: KeyAndCertificate): NetworkAuthority {
  const { certificatePem } = keys;
  const hash = certificateHashOf(certificatePem);
  return { ...keys, bundlePem: certificatePem, everyPem: certificatePem, fingerprint: `${hash} of ${hash}` };
}

function inForce(all: readonly Generation[]): NetworkAuthority | undefined {
  const { issuer, trusted } = authorityState(all);
  const bundle = trusted.flatMap((number) => all.find(({ generation }) => generation === number) ?? []);
  const keys = all.find(({ generation }) => generation === issuer)?.keys;
  if (keys === undefined) return undefined;
  return { ...keys, bundlePem: pemsOf(bundle), everyPem: pemsOf(all), fingerprint: `${hashesOf(bundle)} of ${hashesOf(all)}` };
}

/** Generations by network, read off the watched Secrets again only after one of them has changed. */
function createGenerationIndex(followed: () => Reflector<Secret> | undefined): (network: NetworkName) => readonly Generation[] {
  let source: Reflector<Secret> | undefined;
  let byBase: Map<string, Generation[]> | undefined;
  return (network) => {
    const now = followed();
    if (now === undefined) return [];
    if (now !== source) {
      source = now;
      byBase = undefined;
      now.subscribe(() => {
        byBase = undefined;
      });
    }
    byBase ??= generationsByBase(now.store.list(SYSTEM_NAMESPACE));
    return byBase.get(authorityName(network)) ?? [];
  };
}

function generationsByBase(list: readonly Secret[]): Map<string, Generation[]> {
  const byBase = new Map<string, Generation[]>();
  for (const secret of list) {
    const [, base, number] = /^(ca\.[^.]+\.[^.]+)(?:\.([0-9]{1,6}))?$/.exec(secret.metadata.name) ?? [];
    const keys = base === undefined ? undefined : keysOf(secret);
    if (base === undefined || keys === undefined) continue;
    const { annotations = {}, uid } = secret.metadata;
    const sinceUnixMs = Date.parse(annotations[ANNOTATIONS.since] ?? '');
    const generation: Generation = {
      generation: number === undefined ? 1 : Number(number),
      uid,
      certificateHash: certificateHashOf(keys.certificatePem),
      phase: ROLL_OVER_PHASES.find((phase) => phase === annotations[ANNOTATIONS.phase]),
      sinceUnixMs: Number.isNaN(sinceUnixMs) ? 0 : sinceUnixMs,
      overlapMs: Number(annotations[ANNOTATIONS.overlapSeconds] ?? 0) * 1000,
      operationUID: annotations[ANNOTATIONS.operation],
      keys,
    };
    byBase.set(base, [...(byBase.get(base) ?? []), generation]);
  }
  for (const all of byBase.values()) all.sort((left, right) => left.generation - right.generation);
  return byBase;
}
