import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLocalIdentity, type LocalIdentity } from '@civitas/local-identity';
import { createPasswordHasher } from '../../../packages/local-identity/src/password/password-hash.ts';
import type { DirectoryState, User } from '../../../packages/local-identity/src/store/state.ts';
import { createPageBrowser, type Page } from './page-browser.ts';
import type { NewPerson, Profile, TestPerson } from './profile.ts';
import { createAuthenticator } from './totp.ts';

const PAGES_MAX = 8;
// Hashing is tried in its own tests; here many people sign in.
const COST = { n: 1024, r: 8, parallelization: 1 };

/** The laptop's identity behind a server of its own. People are written into its file while it is shut: it has no call that makes them. */
export async function createLocalProfile(): Promise<Profile> {
  const folder = await mkdtemp(join(tmpdir(), 'civitas-local-profile-'));
  const secrets = { operator: randomBytes(24).toString('base64url'), console: randomBytes(24).toString('base64url') };
  let identity: LocalIdentity | undefined;
  const server = createServer((req, res) => {
    const end = (status: number): void => void res.writeHead(status).end();
    identity?.handle(req, res).then(
      (isOurs) => (isOurs ? undefined : end(404)),
      () => end(500),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const open = async (): Promise<void> => {
    identity = await createLocalIdentity({
      origin: url,
      folder,
      readSeed: async () => '{ "users": [] }',
      clientSecrets: secrets,
      log: { info: () => undefined, warn: () => undefined },
      passwordCost: COST,
    });
  };
  await open();
  const redirectUri = `${url}/`;
  return {
    name: 'local',
    url,
    realm: 'city',
    issuer: `${url}/realms/city`,
    operator: { clientId: 'civitas-operator', clientSecret: secrets.operator },
    console: { clientId: 'civitas-console', clientSecret: secrets.console },
    redirectUri,
    async createPerson(person) {
      await identity?.close();
      const made = await writePerson(join(folder, 'users.json'), person);
      await open();
      return made;
    },
    walkSignIn: (authorizationUrl, person, browser) => walk(browser, authorizationUrl, person, redirectUri),
    async invitationLinks(email) {
      const credentials = Buffer.from(`civitas-console:${secrets.console}`).toString('base64');
      const headers = { authorization: `Basic ${credentials}` };
      const body = new URLSearchParams({ grant_type: 'client_credentials' });
      const asked = await fetch(`${url}/realms/city/protocol/openid-connect/token`, { method: 'POST', headers, body });
      const { access_token: token } = (await asked.json()) as { readonly access_token: string };
      const answer = await fetch(`${url}/local-identity/mailbox`, { headers: { authorization: `Bearer ${token}` } });
      const mails = (await answer.json()) as readonly { readonly to: string; readonly link: string }[];
      return mails.filter(({ to }) => to === email.toLowerCase()).map(({ link }) => link);
    },
    accept,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await identity?.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function writePerson(path: string, { username, firstName, lastName, isPlatformAdmin }: NewPerson): Promise<TestPerson> {
  const password = randomBytes(18).toString('base64url');
  const person = { id: randomUUID(), username, email: `${username}@example.test`, password };
  const user: User = {
    ...person,
    password: await createPasswordHasher(COST).hash(password),
    firstName,
    lastName,
    locale: 'en',
    isEnabled: true,
    mustChangePassword: false,
    totp: undefined,
    platformRoles: isPlatformAdmin === true ? ['platform-admin'] : [],
    notBeforeUnixS: 0,
  };
  const state = JSON.parse(await readFile(path, 'utf8')) as DirectoryState;
  await writeFile(path, JSON.stringify({ ...state, users: [...state.users, user] }));
  return person;
}

async function walk(
  browser: ReturnType<typeof createPageBrowser>,
  authorizationUrl: string,
  person: TestPerson,
  back: string,
): Promise<URL> {
  // The sign-in is below the same origin: only the address itself, with a query, is the way back.
  let page = await browser.open(authorizationUrl, `${back}?`);
  for (let pages = 0; pages < PAGES_MAX; pages += 1) {
    if (page.url.startsWith(`${back}?`)) return new URL(page.url);
    const form = page.forms.find(({ method }) => method === 'post');
    if (form === undefined || page.html.includes('role="alert"')) throw new Error(`stuck at ${page.url}: ${page.status} ${wordsOf(page)}`);
    page = await browser.submit(page, form, answersTo(page, person), `${back}?`);
  }
  throw new Error(`no way through at ${page.url}: ${wordsOf(page)}`);
}

function answersTo({ forms, html }: Page, person: TestPerson): Readonly<Record<string, string>> {
  const names = new Set(forms.flatMap(({ fields }) => Object.keys(fields)));
  if (names.has('password')) return { username: person.username, password: person.password };
  const secret = /class="key">([A-Z2-7 ]+)</.exec(html)?.[1];
  if (secret !== undefined) person.nextCode = createAuthenticator(secret.replaceAll(' ', ''));
  return { code: person.nextCode?.() ?? '' };
}

async function accept(link: string, person: Omit<TestPerson, 'id'>): Promise<void> {
  const browser = createPageBrowser();
  const page = await browser.open(link);
  const form = page.forms.find(({ fields }) => 'repeat' in fields);
  if (form === undefined) throw new Error(`no invitation at ${page.url}: ${page.status} ${wordsOf(page)}`);
  const { username, password } = person;
  const done = await browser.submit(page, form, { username, firstName: 'Invited', lastName: 'Person', password, repeat: password });
  if (done.status >= 400) throw new Error(`not taken: ${wordsOf(done)}`);
}

function wordsOf({ html }: Page): string {
  return html
    .replaceAll(/<[^>]+>/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .slice(0, 400);
}
