import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, copyFileSync, cpSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { waitFor } from '@civitas/testkit';
import { findKeycloak } from '../../../tools/keycloak/keycloak-tool.ts';
import { adminToken } from './admin-token.ts';
import type { KeycloakFacts } from './keycloak-facts.ts';
import { startSmtpSink } from './smtp-sink.ts';

const REALM_FILE = fileURLToPath(new URL('../../../charts/civitas/keycloak/city-realm.json', import.meta.url));
const REALM = 'city';
/** Thirty CPU-seconds on a quiet machine; a busy one shares them. */
const START_MS_MAX = 400_000;
/** Between two looks: each costs the server that is starting. */
const LOOK_MS = 500;
const LOG_TAIL_LINES = 20;

export interface RunningKeycloak {
  readonly home: string;
  readonly facts: KeycloakFacts;
  stop(): Promise<void>;
}

const running = new Set<ChildProcess>();
// A test run that is ended leaves nothing behind: kc.sh stays the parent of java, so its whole group is ended.
process.once('exit', () => {
  for (const child of running) killGroup(child);
});

function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  const ports: number[] = [];
  for (const server of servers) {
    if (!server.listening) await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    ports.push(address.port);
  }
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** A home of its own over the built one: only what is written is copied. */
function layOutHome(built: string): string {
  const home = mkdtempSync(join(tmpdir(), 'civitas-keycloak-'));
  for (const name of ['lib', 'providers', 'themes']) symlinkSync(join(built, name), join(home, name));
  cpSync(join(built, 'conf'), join(home, 'conf'), { recursive: true });
  mkdirSync(join(home, 'bin'));
  // The script looks for the rest beside itself, so a link would lead it to the built home.
  copyFileSync(join(built, 'bin', 'kc.sh'), join(home, 'bin', 'kc.sh'));
  mkdirSync(join(home, 'data', 'import'), { recursive: true });
  copyFileSync(REALM_FILE, join(home, 'data', 'import', 'city-realm.json'));
  return home;
}

/**
 * A real Keycloak with our realm, in memory, on loopback.
 *
 * @param environment Placeholders of the realm file that are not to have their defaults.
 * @throws Error when `npm run keycloak:install` has not run, or with the end of its log when it does not start.
 */
export async function startKeycloak(environment: Readonly<Record<string, string>> = {}): Promise<RunningKeycloak> {
  const built = findKeycloak();
  if (built === undefined) throw new Error('no Keycloak; npm run keycloak:install');
  const home = layOutHome(built);
  const mailPath = join(home, 'mails.jsonl');
  const sink = await startSmtpSink(mailPath);
  const [port = 0, managementPort = 0] = await freePorts(2);
  const url = `http://127.0.0.1:${port}`;
  const admin = { username: 'test-admin', password: randomBytes(24).toString('base64url') };
  const logPath = join(home, 'keycloak.log');
  const log = openSync(logPath, 'a');
  const child = spawn(join(home, 'bin', 'kc.sh'), argumentsOf(url, port, managementPort), {
    stdio: ['ignore', log, log],
    detached: true,
    env: {
      ...process.env,
      JAVA_OPTS_APPEND: '-XX:TieredStopAtLevel=1 -Xms64m -Xmx512m',
      KC_BOOTSTRAP_ADMIN_USERNAME: admin.username,
      KC_BOOTSTRAP_ADMIN_PASSWORD: admin.password,
      CIVITAS_SMTP_HOST: '127.0.0.1',
      CIVITAS_SMTP_PORT: String(sink.port),
      ...environment,
    },
  });
  closeSync(log);
  running.add(child);
  const ended = once(child, 'exit');
  const stop = async (): Promise<void> => {
    killGroup(child);
    await ended;
    await sink.stop();
    running.delete(child);
    rmSync(home, { recursive: true, force: true });
  };
  try {
    await waitFor('Keycloak that is ready, or its end', () => child.exitCode !== null || isReady(managementPort), START_MS_MAX);
    if (child.exitCode !== null) throw new Error(`Keycloak ended with ${child.exitCode}`);
  } catch (error) {
    const tail = readFileSync(logPath, 'utf8').split('\n').slice(-LOG_TAIL_LINES).join('\n');
    await stop();
    throw new Error(`Keycloak did not start:\n${tail}`, { cause: error });
  }
  const base = { url, realm: REALM, admin, mailPath };
  try {
    const [operatorSecret, consoleSecret] = await readSecrets(base);
    return { home, facts: { ...base, operatorSecret, consoleSecret }, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The import makes them: a realm file with secrets in it would have every city know them. */
async function readSecrets(facts: Omit<KeycloakFacts, 'operatorSecret' | 'consoleSecret'>): Promise<readonly [string, string]> {
  const authorization = `Bearer ${await adminToken(facts)}`;
  const read = async (path: string): Promise<unknown> => {
    const answer = await fetch(`${facts.url}/admin/realms/${facts.realm}${path}`, { headers: { authorization } });
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    return answer.json();
  };
  const secretOf = async (clientId: string): Promise<string> => {
    const [client] = (await read(`/clients?clientId=${clientId}`)) as readonly { readonly id: string }[];
    const { value } = (await read(`/clients/${client?.id}/client-secret`)) as { readonly value?: string };
    if (value === undefined || value === '') throw new Error(`${clientId} has no secret`);
    return value;
  };
  return [await secretOf('civitas-operator'), await secretOf('civitas-console')];
}

function argumentsOf(url: string, port: number, managementPort: number): readonly string[] {
  return [
    'start',
    '--optimized',
    '--import-realm',
    '--cache=local',
    '--http-enabled=true',
    '--http-host=127.0.0.1',
    `--http-port=${port}`,
    `--hostname=${url}`,
    '--http-management-host=127.0.0.1',
    `--http-management-port=${managementPort}`,
  ];
}

async function isReady(managementPort: number): Promise<boolean> {
  await sleep(LOOK_MS);
  const answer = await fetch(`http://127.0.0.1:${managementPort}/health/ready`, { signal: AbortSignal.timeout(5000) });
  return answer.ok;
}
