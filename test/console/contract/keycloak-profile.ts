import { randomBytes } from 'node:crypto';
import { waitFor } from '@civitas/testkit';
import { adminToken } from '../keycloak/admin-token.ts';
import type { KeycloakFacts } from '../keycloak/keycloak-facts.ts';
import { type Mail, mailsTo } from '../keycloak/smtp-sink.ts';
import { createPageBrowser, type Page, type PageForm, unescapedHtml } from './page-browser.ts';
import type { NewPerson, Profile, TestPerson } from './profile.ts';
import { createAuthenticator } from './totp.ts';

const REDIRECT_URI = 'http://127.0.0.1:8080/';
const PAGES_MAX = 8;
const WAIT_MS_MAX = 60_000;

/** The real Keycloak of the run. */
export function createKeycloakProfile(facts: KeycloakFacts): Profile {
  const mailed = (email: string): readonly Mail[] => mailsTo(facts.mailPath, email);
  const base = { name: 'keycloak', url: facts.url, realm: facts.realm, issuer: `${facts.url}/realms/${facts.realm}` } as const;
  return {
    ...base,
    operator: { clientId: 'civitas-operator', clientSecret: facts.operatorSecret },
    console: { clientId: 'civitas-console', clientSecret: facts.consoleSecret },
    redirectUri: REDIRECT_URI,
    createPerson: (person) => createPerson(facts, person),
    async walkSignIn(authorizationUrl, person, browser) {
      let page = await browser.open(authorizationUrl, REDIRECT_URI);
      for (let pages = 0; pages < PAGES_MAX; pages += 1) {
        if (page.url.startsWith(REDIRECT_URI)) return new URL(page.url);
        const form = page.forms.find(({ method, fields }) => method === 'post' && !('tryAnotherWay' in fields));
        const answers = form === undefined ? undefined : answersTo(page, person);
        if (form === undefined || answers === undefined) throw new Error(`stuck at ${page.url}: ${page.status} ${wordsOf(page)}`);
        page = await browser.submit(page, form, answers, REDIRECT_URI);
        if (isWrongPassword(page)) throw new Error(`refused: ${wordsOf(page)}`);
      }
      throw new Error(`no way through at ${page.url}: ${wordsOf(page)}`);
    },
    async invitationLinks(email) {
      const mails = await waitFor('mail', () => (mailed(email).length > 0 ? mailed(email) : undefined), WAIT_MS_MAX);
      return mails.flatMap(({ text }) => linkIn(text) ?? []);
    },
    async accept(link, person) {
      const browser = createPageBrowser();
      const profile = await browser.open(link);
      const form = profile.forms.find(({ fields }) => 'email' in fields && 'lastName' in fields);
      if (form === undefined) throw new Error(`no registration at ${profile.url}: ${profile.status} ${wordsOf(profile)}`);
      const mailsBefore = mailed(person.email).length;
      const asked = await browser.submit(profile, form, chosen(form, person));
      if (asked.status >= 400) throw new Error(`not taken: ${wordsOf(asked)}`);
      // The password comes after the address is proved by a second mail.
      const mail = await waitFor('mail to prove the address', () => mailed(person.email)[mailsBefore], WAIT_MS_MAX);
      let page = await browser.open(linkIn(mail.text) ?? '');
      let isPasswordSet = false;
      for (let pages = 0; pages < PAGES_MAX; pages += 1) {
        const next = page.forms.find(({ fields }) => 'password-new' in fields);
        const proceed = proceedLink(page);
        if (next !== undefined) page = await browser.submit(page, next, chosen(next, person));
        else if (proceed !== undefined && !isPasswordSet) page = await browser.open(proceed);
        else break;
        isPasswordSet ||= next !== undefined;
      }
      if (page.status >= 400 || !isPasswordSet) throw new Error(`not taken: ${page.status} ${wordsOf(page)}`);
    },
    stop: async () => {},
  };
}

/** The first link of a mail. */
function linkIn(text: string): string | undefined {
  const link = /https?:\/\/[^\s"<>]+/.exec(text)?.[0];
  return link === undefined ? undefined : unescapedHtml(link);
}

/** Where Keycloak has somebody say once more that the address is theirs: it no longer knows the session that the mail came from. */
function proceedLink({ html }: Page): string | undefined {
  const link = /href="([^"]*login-actions\/action-token[^"]*)"/.exec(html)?.[1];
  return link === undefined ? undefined : unescapedHtml(link);
}

/** Those of somebody's answers that a form asks for. */
function chosen({ fields }: PageForm, { username, email, password }: Omit<TestPerson, 'id'>): Readonly<Record<string, string>> {
  const all = {
    username,
    email,
    firstName: 'Invited',
    lastName: 'Person',
    password,
    'password-new': password,
    'password-confirm': password,
  };
  return Object.fromEntries(Object.entries(all).filter(([name]) => name in fields));
}

/** By the fields that a page has. */
function answersTo({ forms, html }: Page, person: TestPerson): Readonly<Record<string, string>> | undefined {
  const names = new Set(forms.flatMap(({ fields }) => Object.keys(fields)));
  if (names.has('password')) return { username: person.username, password: person.password };
  if (names.has('username')) return { username: person.username };
  const secret = names.has('totpSecret') ? /name="totpSecret" value="([^"]+)"/.exec(html)?.[1] : undefined;
  if (secret !== undefined) {
    person.nextCode = createAuthenticator(base32Of(secret));
    return { totp: person.nextCode(), userLabel: 'test' };
  }
  return names.has('otp') && person.nextCode !== undefined ? { otp: person.nextCode() } : undefined;
}

/** Keycloak's page holds the secret as plain text; authenticators take it in base 32. */
export function base32Of(text: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...Buffer.from(text)].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{1,5}/g) ?? []).map((five) => alphabet[Number.parseInt(five.padEnd(5, '0'), 2)]).join('');
}

function isWrongPassword({ html }: Page): boolean {
  return /Invalid username or password|Invalid authenticator code/.test(html);
}

function wordsOf({ html }: Page): string {
  return html
    .replaceAll(/<(script|style)[\s\S]*?<\/\1>/g, ' ')
    .replaceAll(/<[^>]+>/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .slice(0, 400);
}

async function createPerson(facts: KeycloakFacts, { username, firstName, lastName, isPlatformAdmin }: NewPerson): Promise<TestPerson> {
  const token = await adminToken(facts);
  const password = randomBytes(18).toString('base64url');
  const email = `${username}@example.test`;
  const call = async (method: string, path: string, json: unknown): Promise<Response> => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const body = json === undefined ? {} : { body: JSON.stringify(json) };
    const response = await fetch(`${facts.url}/admin/realms/${facts.realm}${path}`, { method, headers, ...body });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response;
  };
  const credentials = [{ type: 'password', value: password, temporary: false }];
  const user = { username, email, firstName, lastName, enabled: true, emailVerified: true, credentials, attributes: { locale: ['en'] } };
  const created = await call('POST', '/users', user);
  const id = created.headers.get('location')?.split('/').at(-1) ?? '';
  if (isPlatformAdmin === true) {
    const role: unknown = await (await call('GET', '/roles/platform-admin', undefined)).json();
    await call('POST', `/users/${id}/role-mappings/realm`, [role]);
  }
  return { id, username, email, password };
}
