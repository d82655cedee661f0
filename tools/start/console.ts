import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type KubeClient, type ObjectBody, secrets, services } from '@civitas/kube';
import { parse as parseYaml } from 'yaml';

import { type Home, writeAtomically } from './home.ts';
import { applyManifests, type Manifest } from './manifests.ts';

const NAMESPACE = 'civitas-system';
const CONSOLE = 'civitas-console';
const REALM = 'city';
const PASSWORD_BYTES = 12;
const SECRET_BYTES = 32;
const ADMIN = 'admin';

interface SampleUser {
  readonly username: string;
  readonly [field: string]: unknown;
}

/** The console as it will be reached, and what is told once. */
export interface PreparedConsole {
  readonly url: string;
  readonly issuer: string;
  /** One-time password of the platform's admin; undefined when it was made by an earlier start. */
  readonly adminPassword: string | undefined;
}

const random = (bytes: number): string => randomBytes(bytes).toString('base64url');

/**
 * Makes what the console's pod mounts, each once: its Service, whose address browsers use from then on, its configuration, the secrets of
 * the identity provider's two clients, and the first users with a one-time password each, which also stand in `console-users.txt` of the
 * home.
 */
export async function prepareConsole(home: Home, kube: KubeClient, root: string, manifests: readonly Manifest[]): Promise<PreparedConsole> {
  await applyManifests(
    kube,
    manifests.filter(({ kind }) => kind !== 'Pod'),
  );
  const service = await kube.get(services, { namespace: NAMESPACE, name: CONSOLE });
  const [address, port] = [service.spec?.clusterIP, service.spec?.ports?.[0]?.port];
  if (address === undefined || port === undefined) throw new Error(`the Service ${CONSOLE} has no address`);
  const url = `http://${address}:${port}`;
  const config = { schemaVersion: 1, url, identity: { profile: 'local' } };
  await applyManifests(kube, [
    configMapOf(CONSOLE, { 'config.json': JSON.stringify(config, null, 2) }),
    configMapOf('civitas-identity', { url, realm: REALM }),
  ]);
  for (const client of ['operator', 'console'])
    await createOnce(kube, `identity-client-${client}`, () => ({ clientId: `civitas-${client}`, clientSecret: random(SECRET_BYTES) }));
  let adminPassword: string | undefined;
  await createOnce(kube, `${CONSOLE}-users`, () => {
    const users = sampleUsers(root).map((user) => ({ ...user, password: random(PASSWORD_BYTES) }));
    adminPassword = users.find(({ username }) => username === ADMIN)?.password;
    const lines = users.map(({ username, password }) => `${username}\t${password}`);
    writeAtomically(join(home.path, 'console-users.txt'), `${lines.join('\n')}\n`);
    return { 'users.json': JSON.stringify({ users }) };
  });
  return { url, issuer: `${url}/realms/${REALM}`, adminPassword };
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
