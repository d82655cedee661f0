import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { type Json, objectsAt, stringAt } from '../json.ts';
import { type ApiServer, startApiServer } from '../server.ts';
import { type ApiAccess, createApiCalls } from './api-calls.ts';
import type { ConformanceServer } from './conformance/conformance-server.ts';

export interface TestServer extends ConformanceServer {
  readonly server: ApiServer;
  /** Stops the server and starts it again on the same home. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

const silent = { info: () => undefined, error: (facts: object, message: string) => console.error(message, facts) };

/** A server of its own home and address; every call goes over HTTPS with the administrator's certificate unless told otherwise. */
export async function startTestServer(address: string): Promise<TestServer> {
  const home = await mkdtemp(join(tmpdir(), 'civitas-api-'));
  const start = (): Promise<ApiServer> => startApiServer({ home, address, port: 0, serviceCidr: '127.40.7.0/24', log: silent });
  let server = await start();
  return {
    ...createApiCalls(() => accessOf(server)),
    is: 'localcluster',
    get server() {
      return server;
    },
    get kubeconfigPath() {
      return server.kubeconfigPath;
    },
    home,
    restart: async () => {
      await server.stop();
      server = await start();
    },
    stop: async () => {
      await server.stop();
      await rm(home, { recursive: true, force: true });
    },
  };
}

function accessOf(server: ApiServer): ApiAccess {
  const config: Json = parseYaml(readFileSync(server.kubeconfigPath, 'utf8'));
  const user = objectsAt(config, 'users')[0];
  const decode = (field: string): string => Buffer.from(stringAt(user, 'user', field), 'base64').toString('utf8');
  return {
    url: server.url,
    caPem: server.caPem,
    admin: { cert: decode('client-certificate-data'), key: decode('client-key-data') },
  };
}
