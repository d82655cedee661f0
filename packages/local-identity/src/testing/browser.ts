import { createHash, randomBytes } from 'node:crypto';

interface Cookie {
  readonly value: string;
  readonly path: string;
}

/** An answer with its text, and the URL it is of. */
export interface Page {
  readonly url: URL;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

const REDIRECTS_MAX = 10;

/** A browser as far as sign-ins need one: cookies by path, redirects, forms. */
export class Browser {
  readonly #cookies = new Map<string, Cookie>();
  readonly #stopAt: (url: URL) => boolean;

  /** @param stopAt URLs that are not fetched but given back: where the application would take over. */
  constructor(stopAt: (url: URL) => boolean) {
    this.#stopAt = stopAt;
  }

  #cookieHeader(url: URL): string {
    const fitting = [...this.#cookies].filter(([, { path }]) => url.pathname.startsWith(path));
    return fitting.map(([name, { value }]) => `${name}=${value}`).join('; ');
  }

  #keep(headers: Headers): void {
    for (const line of headers.getSetCookie()) {
      const [pair = '', ...attributes] = line.split(/;\s*/);
      const [name = '', value = ''] = pair.split('=', 2);
      const path = attributes.find((attribute) => attribute.toLowerCase().startsWith('path='))?.slice(5) ?? '/';
      const isGone = attributes.some((attribute) => attribute.toLowerCase().startsWith('expires=thu, 01 jan 1970'));
      if (isGone || value === '') this.#cookies.delete(name);
      else this.#cookies.set(name, { value, path });
    }
  }

  cookieNames(): readonly string[] {
    return [...this.#cookies.keys()];
  }

  /** Sends one request, and follows redirects until a page or a URL to stop at. */
  async send(target: string | URL, init: RequestInit = {}): Promise<Page> {
    let url = new URL(target);
    let request = init;
    for (let hops = 0; hops < REDIRECTS_MAX; hops += 1) {
      if (this.#stopAt(url)) return { url, status: 0, headers: new Headers(), text: '' };
      const headers = { accept: 'text/html', cookie: this.#cookieHeader(url), ...(request.headers as Record<string, string> | undefined) };
      const response = await fetch(url, { ...request, headers, redirect: 'manual' });
      this.#keep(response.headers);
      const text = await response.text();
      const location = response.headers.get('location');
      if (location === null || response.status < 300 || response.status > 399)
        return { url, status: response.status, headers: response.headers, text };
      url = new URL(location, url);
      request = {};
    }
    throw new Error(`more than ${REDIRECTS_MAX} redirects, the last to ${url.href}`);
  }

  /** Fills in and sends the form of a page; what it holds already goes along. */
  async submit(page: Page, fields: Readonly<Record<string, string>>, headers: Readonly<Record<string, string>> = {}): Promise<Page> {
    const action = /<form[^>]* action="([^"]*)"/.exec(page.text)?.[1]?.replaceAll('&amp;', '&');
    if (action === undefined) throw new Error(`no form on ${page.url.href}: ${page.text.slice(0, 500)}`);
    const inputs = [...page.text.matchAll(/<input [^>]*>/g)].map(([tag]) => [
      / name="([^"]+)"/.exec(tag)?.[1] ?? '',
      / value="([^"]*)"/.exec(tag)?.[1] ?? '',
    ]);
    const body = new URLSearchParams({ ...Object.fromEntries(inputs), verb: 'go', ...fields }).toString();
    return this.send(new URL(action, page.url), {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/x-www-form-urlencoded', origin: page.url.origin, ...headers },
    });
  }
}

export interface Pkce {
  readonly verifier: string;
  readonly challenge: string;
}

export function makePkce(): Pkce {
  const verifier = randomBytes(32).toString('base64url');
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') };
}

/** Claims of a JWT, unverified. */
export function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;
}
