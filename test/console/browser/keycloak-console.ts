import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { KubeClient } from '@civitas/kube';
import { waitFor } from '@civitas/testkit';
import { smallCity } from '../../../console/api/src/testing/small-city.ts';
import { openCluster } from '../../../console/api/src/testing/test-console.ts';
import { buildWeb } from '../../../tools/start/build-web.ts';
import { ROOT } from '../../e2e/running-city.ts';
import type { KeycloakFacts } from '../keycloak/keycloak-facts.ts';
import { walkKeycloak } from './keycloak-pages.ts';
import type { Stage } from './stage.ts';

/** Second number of the API server's loopback addresses. */
const OCTET = 134;
const SERVES_MS_MAX = 180_000;
const ACCOUNT = 'var/run/secrets/kubernetes.io/serviceaccount';

/** The console's own program, on an API server without ledgers, with a Keycloak of the same site for its identity provider. */
export interface KeycloakConsole extends Stage {
  readonly admin: KubeClient;
  stop(): Promise<void>;
}

async function freePorts(): Promise<readonly [number, number]> {
  const servers = [createServer(), createServer()] as const;
  const portOf = async (server: (typeof servers)[number]): Promise<number> => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  };
  const ports = [await portOf(servers[0]), await portOf(servers[1])] as const;
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** What the pod's mounts hold. */
function layOutRoot(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'civitas-console-root-'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true, mode: 0o700 });
    writeFileSync(join(root, path), text, { mode: 0o600 });
  }
  mkdirSync(join(root, 'var/lib/civitas-console'), { recursive: true, mode: 0o700 });
  return root;
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  await exit;
}

/** Starts the console as its pod does. @throws Error with its log when it does not serve. */
export async function startKeycloakConsole(keycloak: KeycloakFacts): Promise<KeycloakConsole> {
  await buildWeb(ROOT, new AbortController().signal);
  const { home, api, admin, client } = await openCluster(OCTET, smallCity);
  const [port, metricsPort] = await freePorts();
  const url = `http://127.0.0.1:${port}`;
  const root = layOutRoot({
    'etc/civitas-console/config.json': JSON.stringify({
      schemaVersion: 1,
      url,
      identity: { profile: 'keycloak', url: keycloak.url, realm: keycloak.realm },
    }),
    'etc/civitas-identity/console/clientSecret': keycloak.consoleSecret,
    [`${ACCOUNT}/token`]: api.port.serviceAccountToken('civitas-system', 'civitas-console'),
    [`${ACCOUNT}/ca.crt`]: api.caPem,
    [`${ACCOUNT}/namespace`]: 'civitas-system',
  });
  const server = new URL(api.url);
  const output: string[] = [];
  const child = spawn(process.execPath, ['--import', join(ROOT, 'console/api/src/preload.ts'), join(ROOT, 'console/api/src/main.ts')], {
    env: {
      ...process.env,
      NODE_OPTIONS: '',
      CIVITAS_ROOT: root,
      POD_IP: '127.0.0.1',
      CONSOLE_PORT: String(port),
      METRICS_PORT: String(metricsPort),
      KUBERNETES_SERVICE_HOST: server.hostname,
      KUBERNETES_SERVICE_PORT: server.port,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => output.push(chunk.toString()));
  const stop = async (): Promise<void> => {
    await ended(child);
    client.close();
    admin.close();
    await api.stop();
    for (const folder of [root, home]) rmSync(folder, { recursive: true, force: true });
  };
  const serves = async (): Promise<boolean> => (await fetch(`${url}/api/v1/config`).catch(() => undefined))?.ok === true;
  try {
    await waitFor('the console, or its end', async () => child.exitCode !== null || (await serves()), SERVES_MS_MAX);
    if (child.exitCode !== null) throw new Error(`the console ended with ${child.exitCode}`);
  } catch (error) {
    await stop();
    throw new Error(`the console does not serve:\n${output.join('')}`, { cause: error });
  }
  return { url, admin, stop, walkSignIn: (page, person) => walkKeycloak(page, url, person) };
}
