import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type KubeClient, type ObjectBody, secrets, services } from '@civitas/kube';
import { parse as parseYaml } from 'yaml';

import { type Home, writeAtomically } from './home.ts';
import type { ChosenIdentity, ClientSecrets, IdentityChoice } from './identity-choice.ts';
import { applyManifests, type Manifest } from './manifests.ts';

const NAMESPACE = 'civitas-system';
const CONSOLE = 'civitas-console';
const REALM = 'city';
const PASSWORD_BYTES = 12;
const SECRET_BYTES = 32;
const ADMIN = 'admin';
const CLIENTS = ['operator', 'console'] as const;
/** What only the console's own identity provider needs. */
const LOCAL_VOLUMES: readonly string[] = ['secret-of-operator', 'users'];

interface SampleUser {
  readonly username: string;
  readonly [field: string]: unknown;
}

/** The console as it will be reached, and what is told once. */
export interface PreparedConsole {
  /** Origin that browsers see. */
  readonly url: string;
  readonly issuer: string;
  /** One-time password of the platform's admin; undefined when it was made by an earlier start, or people come from elsewhere. */
  readonly adminPassword: string | undefined;
}

const random = (bytes: number): string => randomBytes(bytes).toString('base64url');

interface ConsoleSources {
  readonly root: string;
  readonly manifests: readonly Manifest[];
  readonly identity: ChosenIdentity;
}

/**
 * Makes what the console's pod mounts: its Service, whose address browsers use from then on, its configuration, and what it needs to know
 * people. With its own identity provider that is made once: the secrets of the provider's two clients, and the first users with a one-time
 * password each, which also stand in `console-users.txt` of the home.
 */
export async function prepareConsole(
  home: Home,
  kube: KubeClient,
  { root, manifests, identity }: ConsoleSources,
): Promise<PreparedConsole> {
  await applyManifests(
    kube,
    manifests.filter(({ kind }) => kind !== 'Pod'),
  );
  const service = await kube.get(services, { namespace: NAMESPACE, name: CONSOLE });
  const [address, port] = [service.spec?.clusterIP, service.spec?.ports?.[0]?.port];
  if (address === undefined || port === undefined) throw new Error(`the Service ${CONSOLE} has no address`);
  const { choice, secrets: given } = identity;
  const own = `http://${address}:${port}`;
  const url = choice.profile === 'keycloak' ? (choice.consoleUrl ?? own) : own;
  const provider = choice.profile === 'keycloak' ? { url: choice.url, realm: choice.realm } : { url, realm: REALM };
  const shown = choice.profile === 'keycloak' ? { profile: 'keycloak', ...provider } : { profile: 'local' };
  await applyManifests(kube, [
    configMapOf(CONSOLE, { 'config.json': JSON.stringify({ schemaVersion: 1, url, identity: shown }, null, 2) }),
    configMapOf('civitas-identity', provider),
  ]);
  if (given !== undefined) await keepSecrets(kube, given);
  const adminPassword = choice.profile === 'local' ? await makeLocalPeople(home, kube, root) : undefined;
  return { url, issuer: `${provider.url}/realms/${provider.realm}`, adminPassword };
}

/** @returns The admin's one-time password, the first time. */
async function makeLocalPeople(home: Home, kube: KubeClient, root: string): Promise<string | undefined> {
  for (const client of CLIENTS)
    await createOnce(kube, `identity-client-${client}`, () => ({ clientId: `civitas-${client}`, clientSecret: random(SECRET_BYTES) }));
  let adminPassword: string | undefined;
  await createOnce(kube, `${CONSOLE}-users`, () => {
    const users = sampleUsers(root).map((user) => ({ ...user, password: random(PASSWORD_BYTES) }));
    adminPassword = users.find(({ username }) => username === ADMIN)?.password;
    const lines = users.map(({ username, password }) => `${username}\t${password}`);
    writeAtomically(join(home.path, 'console-users.txt'), `${lines.join('\n')}\n`);
    return { 'users.json': JSON.stringify({ users }) };
  });
  return adminPassword;
}

/** What the person gave takes the place of what stood there: a realm's secrets are changed from time to time. */
async function keepSecrets(kube: KubeClient, given: ClientSecrets): Promise<void> {
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  for (const client of CLIENTS) {
    const metadata = { name: `identity-client-${client}`, namespace: NAMESPACE };
    const data = { clientId: base64(`civitas-${client}`), clientSecret: base64(given[client]) };
    await kube.apply(secrets, { apiVersion: 'v1', kind: 'Secret', metadata, data }, { fieldManager: 'civitas-start', force: true });
  }
}

interface Named {
  readonly name: string;
  readonly volumeMounts?: readonly Named[];
}

/** The console's pod as its people come in: with a Keycloak it gets neither the operator's secret nor users of its own. */
export function withoutLocalPeople(manifests: readonly Manifest[], choice: IdentityChoice): readonly Manifest[] {
  if (choice.profile === 'local') return manifests;
  const read = (list: unknown): readonly Named[] => (Array.isArray(list) ? list : []);
  const others = (list: unknown): readonly Named[] => read(list).filter(({ name }) => !LOCAL_VOLUMES.includes(name));
  return manifests.map((manifest) => {
    if (manifest.kind !== 'Pod') return manifest;
    const { spec } = manifest;
    const containers = read(spec?.['containers']).map((container) => ({ ...container, volumeMounts: others(container.volumeMounts) }));
    return { ...manifest, spec: { ...spec, containers, volumes: others(spec?.['volumes']) } };
  });
}

/** Tells the city whose people its nodes believe. */
export function withIdentity(manifests: readonly Manifest[], issuer: string): readonly Manifest[] {
  return manifests.map((manifest) =>
    manifest.kind === 'CityConfig' ? { ...manifest, spec: { ...manifest.spec, identity: { issuer } } } : manifest,
  );
}

function sampleUsers(root: string): readonly SampleUser[] {
  const parsed: { readonly users: readonly SampleUser[] } = parseYaml(readFileSync(join(root, 'samples/users.yaml'), 'utf8'));
  return parsed.users;
}

function configMapOf(name: string, data: Readonly<Record<string, string>>): Manifest {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: NAMESPACE }, data };
}

/** A Secret that is there already stays as it is: whoever has it goes on with it. */
async function createOnce(kube: KubeClient, name: string, make: () => Readonly<Record<string, string>>): Promise<void> {
  if ((await kube.find(secrets, { namespace: NAMESPACE, name })) !== undefined) return;
  const body: ObjectBody = { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: NAMESPACE }, stringData: make() };
  await kube.create(secrets, body);
}
