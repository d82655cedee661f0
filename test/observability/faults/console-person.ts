import { randomBytes } from 'node:crypto';
import { Browser, makePkce, type Page } from '../../../packages/local-identity/src/testing/browser.ts';

/** Somebody who signs in to a console through the identity provider that it asks. */
export class ConsolePerson {
  readonly #provider: string;
  readonly #username: string;
  #password: string;
  #isNew = true;

  /** @param provider origin of the identity provider; @param oneTimePassword for the first sign-in. */
  constructor({ provider, username, oneTimePassword }: { provider: string; username: string; oneTimePassword: string }) {
    this.#provider = provider;
    this.#username = username;
    this.#password = oneTimePassword;
  }

  /** Asks a console for a change of an agency that changes nothing. @returns the status and the text of the answer. */
  async touchAgency(console: string, name: string): Promise<string> {
    const path = `${console}/api/v1/agencies/${name}`;
    const authorization = `Bearer ${await this.#signIn()}`;
    const found = await fetch(path, { headers: { authorization } });
    const { displayName } = (await found.json()) as { displayName?: unknown };
    const answer = await fetch(path, {
      method: 'PATCH',
      headers: { authorization, 'content-type': 'application/json', 'if-match': found.headers.get('etag') ?? '' },
      body: JSON.stringify({ displayName }),
    });
    return `${answer.status} ${await answer.text()}`;
  }

  /** @returns an access token. */
  async #signIn(): Promise<string> {
    const realm = `${this.#provider}/realms/city/protocol/openid-connect`;
    const pkce = makePkce();
    const application = { client_id: 'console', redirect_uri: `${this.#provider}/` };
    const query = new URLSearchParams({
      ...application,
      response_type: 'code',
      response_mode: 'query',
      scope: 'openid organization:*',
      state: 'drill',
      nonce: 'drill',
      code_challenge: pkce.challenge,
      code_challenge_method: 'S256',
    });
    const browser = new Browser((url) => url.origin === this.#provider && url.pathname === '/');
    const { url } = await this.#answer(browser, await browser.send(`${realm}/auth?${query.toString()}`));
    const code = url.searchParams.get('code') ?? '';
    const body = new URLSearchParams({ ...application, grant_type: 'authorization_code', code, code_verifier: pkce.verifier });
    const answer = (await (await fetch(`${realm}/token`, { method: 'POST', body })).json()) as { access_token?: string };
    if (answer.access_token === undefined) throw new Error(`no token for ${this.#username}: ${JSON.stringify(answer)}`);
    return answer.access_token;
  }

  /** The pages of the provider: name and password, and the first time a password of one's own. */
  async #answer(browser: Browser, page: Page): Promise<Page> {
    const after = await browser.submit(page, { username: this.#username, password: this.#password });
    if (!this.#isNew) return after;
    const password = randomBytes(18).toString('base64url');
    const done = await browser.submit(after, { password, repeat: password });
    this.#password = password;
    this.#isNew = false;
    return done;
  }
}
