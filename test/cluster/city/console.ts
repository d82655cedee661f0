import { randomBytes } from 'node:crypto';
import type { MachineCluster } from '../machine/machine-cluster.ts';
import { SYSTEM_NAMESPACE } from './sample-city.ts';

/** Of the Service: its own address, because there is no DNS here to find it by. */
const ADDRESS = '10.96.0.77';
export const CONSOLE_URL = `http://${ADDRESS}`;

const secret = (name: string, stringData: Readonly<Record<string, string>>): object => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, namespace: SYSTEM_NAMESPACE },
  stringData,
});

/** What an administrator makes before the chart's console: who the identity provider's two clients are, and the first person. */
export function consoleSecrets(): readonly object[] {
  const word = (): string => randomBytes(24).toString('base64url');
  const clients = ['operator', 'console'].map((client) =>
    secret(`identity-client-${client}`, { clientId: `civitas-${client}`, clientSecret: word() }),
  );
  const admin = { username: 'admin', email: 'admin@jincheng.example', firstName: 'Platform', lastName: 'Admin' };
  const users = [{ ...admin, password: word(), platformRoles: ['platform-admin'] }];
  return [...clients, secret('civitas-console-users', { 'users.json': JSON.stringify({ users }) })];
}

export const CONSOLE_VALUES: readonly string[] = [
  'console.enabled=true',
  `console.url=${CONSOLE_URL}`,
  `console.service.clusterIP=${ADDRESS}`,
  'console.identity.profile=local',
].flatMap((value) => ['--set', value]);

export interface WebAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

const FETCH = `fetch(process.argv[1]).then(async (answer) => process.stdout.write(JSON.stringify({
  status: answer.status, headers: Object.fromEntries(answer.headers), text: await answer.text() })))`;

/** What a URL answers where Services are reached. */
export async function fetchThere(cluster: MachineCluster, url: string): Promise<WebAnswer> {
  return JSON.parse(await cluster.run([process.execPath, '-e', FETCH, url], { environment: { NODE_OPTIONS: '' } })) as WebAnswer;
}
