import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ConsoleConfig } from '@civitas/console-contract';
import {
  CONSOLE_AUDIENCE,
  createKeycloakDirectory,
  createTokenVerifier,
  type IdentityDirectory,
  type TokenVerifier,
} from '@civitas/identity';
import type { Clock } from '@civitas/kube';
import { createLocalIdentity, type LocalIdentity } from '@civitas/local-identity';
import { errorFields, type Logger } from '@civitas/telemetry';
import type { FastifyInstance } from 'fastify';
import type { ConsoleSettings } from './console-config.ts';

/** Realm that the local identity serves, and that the shipped realm file makes. */
const REALM = 'city';
const OUR_CLIENT = 'civitas-console';
const WEB_CLIENT = 'console';

/** The identity provider as the console uses it. */
export interface OpenIdentity {
  readonly verifier: TokenVerifier;
  readonly directory: IdentityDirectory;
  readonly shown: ConsoleConfig['identity'];
  /** Of a provider on another origin, for the content security policy. */
  readonly origin: string | undefined;
  /** Serves the local provider's own addresses; nothing with a Keycloak. */
  readonly mount: (app: FastifyInstance) => Promise<void>;
  close(): Promise<void>;
}

const secretIn = async (path: string): Promise<string> => (await readFile(path, 'utf8')).trim();

/** @throws LocalIdentityFault, or the file system's error for a Secret that is not mounted. */
export async function openIdentity(settings: ConsoleSettings, clock: Clock, log: Logger): Promise<OpenIdentity> {
  const credentials = async (): Promise<{ clientId: string; clientSecret: string }> => ({
    clientId: OUR_CLIENT,
    clientSecret: await secretIn(settings.pathOf('secretOfConsole')),
  });
  const { identity } = settings;
  if (identity.profile === 'local') return openLocal(settings, { clock, log, credentials });
  const { url, realm, keysUrl } = identity;
  const issuer = `${url}/realms/${realm}`;
  const origin = new URL(url).origin;
  return {
    verifier: createTokenVerifier({ issuer, audience: CONSOLE_AUDIENCE, clock, ...(keysUrl === undefined ? {} : { keysUrl }) }),
    directory: createKeycloakDirectory({ url, realm, credentials, clock }),
    shown: { profile: 'keycloak', url, realm, clientId: WEB_CLIENT },
    origin: origin === settings.url ? undefined : origin,
    mount: async () => {},
    close: async () => {},
  };
}

interface LocalSources {
  readonly clock: Clock;
  readonly log: Logger;
  readonly credentials: () => Promise<{ clientId: string; clientSecret: string }>;
}

async function openLocal(settings: ConsoleSettings, { clock, log, credentials }: LocalSources): Promise<OpenIdentity> {
  const [operator, console] = await Promise.all([
    secretIn(settings.pathOf('secretOfOperator')),
    secretIn(settings.pathOf('secretOfConsole')),
  ]);
  const local = await createLocalIdentity({
    origin: settings.url,
    folder: join(settings.pathOf('data'), 'identity'),
    readSeed: () => readFile(settings.pathOf('users'), 'utf8'),
    clientSecrets: { operator, console },
    log: {
      info: (facts, event) => log.info(event, { ...facts }),
      warn: (facts, event) => log.warn(event, { ...facts }),
    },
  });
  // Its keys are in this process, whatever address browsers see.
  const fetchKeys = async (): Promise<Response> => Response.json(local.jwks());
  return {
    verifier: createTokenVerifier({ issuer: local.issuer, audience: CONSOLE_AUDIENCE, clock, fetch: fetchKeys }),
    directory: createKeycloakDirectory({ url: `http://${settings.address}:${settings.port}`, realm: REALM, credentials, clock }),
    shown: { profile: 'local', url: '', realm: REALM, clientId: WEB_CLIENT },
    origin: undefined,
    mount: (app) => mountLocal(app, local, log),
    close: () => local.close(),
  };
}

async function mountLocal(app: FastifyInstance, local: LocalIdentity, log: Logger): Promise<void> {
  for (const url of ['/realms/*', '/admin/realms/*', '/local-identity/*']) {
    app.all(url, {
      // The provider reads the body itself, so it takes the request over before anything else does.
      onRequest: async (request, reply) => {
        reply.hijack();
        try {
          if (!(await local.handle(request.raw, reply.raw))) reply.raw.writeHead(404).end();
        } catch (error) {
          log.error('identity-failed', errorFields(error));
          if (!reply.raw.headersSent) reply.raw.writeHead(500);
          reply.raw.end();
        }
      },
      handler: async (_, reply) => reply,
    });
  }
}
