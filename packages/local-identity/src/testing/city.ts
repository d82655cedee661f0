import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { createLocalIdentity, type LocalIdentity, type LocalIdentityOptions } from '../local-identity.ts';
import { Browser, makePkce, type Page, type Pkce } from './browser.ts';

// Each test waits for disks and sign-ins of a machine that may be busy.
jest.setTimeout(60_000);

/** Cheap enough for tests. */
export const TEST_COST = { n: 1024, r: 8, parallelization: 1 };
export const PASSWORD = 'seven green kettles sing';

const HOSPITAL_OWNER = {
  username: 'li.na',
  email: 'li.na@hospital.example',
  firstName: '娜',
  lastName: '李',
  locale: 'zh-CN',
  password: 'one-time-password-1',
  organizations: { 'hospital-1': ['owner', 'auditor'] },
};
const ADMIN = {
  username: 'admin',
  email: 'admin@city.example',
  firstName: 'City',
  lastName: 'Admin',
  password: 'one-time-password-2',
  platformRoles: ['platform-admin'],
};

export const SEED = JSON.stringify({ users: [HOSPITAL_OWNER, ADMIN] });

export interface Tokens {
  readonly access_token: string;
  readonly id_token: string;
  readonly refresh_token: string;
  readonly expires_in: number;
}

/** A local identity behind a real HTTP server on loopback. */
export class City {
  readonly folder: string;
  readonly origin: string;
  readonly secrets = { operator: randomBytes(24).toString('base64url'), console: randomBytes(24).toString('base64url') };
  readonly events: string[] = [];
  identity: LocalIdentity | undefined;
  readonly #server: Server;

  private constructor(folder: string, server: Server) {
    this.folder = folder;
    this.#server = server;
    this.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async start(options: Partial<LocalIdentityOptions> = {}): Promise<City> {
    const folder = await mkdtemp(join(tmpdir(), 'civitas-local-identity-'));
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const city = new City(folder, server);
    server.on('request', (req, res) => {
      city.identity
        ?.handle(req, res)
        .then((isOurs) => {
          if (!isOurs) res.writeHead(404).end();
        })
        .catch((cause: unknown) => {
          city.events.push(`thrown ${String(cause)}`);
          res.writeHead(500).end();
        });
    });
    await city.open(options);
    return city;
  }

  /** Starts the identity on the folder as it is: again after `shut`. */
  async open(options: Partial<LocalIdentityOptions> = {}): Promise<void> {
    const note = (_facts: object, event: string): void => void this.events.push(event);
    this.identity = await createLocalIdentity({
      origin: this.origin,
      folder: this.folder,
      readSeed: async () => SEED,
      clientSecrets: this.secrets,
      log: { info: note, warn: note },
      passwordCost: TEST_COST,
      ...options,
    });
  }

  async shut(): Promise<void> {
    await this.identity?.close();
    this.identity = undefined;
  }

  async stop(): Promise<void> {
    await this.shut();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    await rm(this.folder, { recursive: true, force: true });
  }

  realm(path: string): string {
    return `${this.origin}/realms/city${path}`;
  }

  /** A browser whose console is only an address: redirects to it are given back. */
  browser(): Browser {
    return new Browser((url) => url.origin === this.origin && url.pathname === '/');
  }

  authorizeUrl(pkce: Pkce, more: Readonly<Record<string, string>> = {}): string {
    const query = new URLSearchParams({
      client_id: 'console',
      redirect_uri: `${this.origin}/`,
      response_type: 'code',
      response_mode: 'query',
      scope: 'openid organization:*',
      state: 'state-1',
      nonce: 'nonce-1',
      code_challenge: pkce.challenge,
      code_challenge_method: 'S256',
      ...more,
    });
    return this.realm(`/protocol/openid-connect/auth?${query.toString()}`);
  }

  token(form: Readonly<Record<string, string>>, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    const body = new URLSearchParams(form).toString();
    return fetch(this.realm('/protocol/openid-connect/token'), {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    });
  }

  async redeem(page: Page, pkce: Pkce): Promise<Tokens> {
    const code = page.url.searchParams.get('code');
    if (code === null) throw new Error(`no code at ${page.url.href}: ${page.status} ${page.text}`);
    const form = {
      grant_type: 'authorization_code',
      client_id: 'console',
      redirect_uri: `${this.origin}/`,
      code,
      code_verifier: pkce.verifier,
    };
    return (await (await this.token(form)).json()) as Tokens;
  }

  refresh(refreshToken: string): Promise<Response> {
    return this.token({ grant_type: 'refresh_token', client_id: 'console', refresh_token: refreshToken });
  }

  /** Signs somebody of the seed in for the first time and gives them PASSWORD. */
  async firstSignIn(browser: Browser, username: string, oneTime: string, more: Readonly<Record<string, string>> = {}) {
    const pkce = makePkce();
    const signIn = await browser.send(this.authorizeUrl(pkce, more));
    const change = await browser.submit(signIn, { username, password: oneTime });
    return { pkce, page: await browser.submit(change, { password: PASSWORD, repeat: PASSWORD }) };
  }

  async serviceToken(clientId: string, secret: string): Promise<Response> {
    const basic = Buffer.from(`${encodeURIComponent(clientId)}:${encodeURIComponent(secret)}`).toString('base64');
    return this.token({ grant_type: 'client_credentials' }, { authorization: `Basic ${basic}` });
  }

  async bearerOf(who: 'operator' | 'console'): Promise<string> {
    const answer = (await (await this.serviceToken(`civitas-${who}`, this.secrets[who])).json()) as { access_token: string };
    return answer.access_token;
  }

  admin(bearer: string, method: string, path: string, json?: unknown): Promise<Response> {
    return fetch(`${this.origin}/admin/realms/city${path}`, {
      method,
      headers: { authorization: `Bearer ${bearer}`, ...(json === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    });
  }
}
