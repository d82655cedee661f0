/** A form of a page: where it goes, and what its fields hold. */
export interface PageForm {
  readonly action: string;
  readonly method: string;
  readonly fields: Readonly<Record<string, string>>;
}

export interface Page {
  readonly url: string;
  readonly status: number;
  readonly html: string;
  readonly forms: readonly PageForm[];
}

/** Pages without scripts, cookies kept: as much of a browser as signing in needs. */
export interface PageBrowser {
  /** Follows redirects until a page, or until one leads to `stopAt`, which is not fetched. */
  open(url: string, stopAt?: string): Promise<Page>;
  submit(page: Page, form: PageForm, answers: Readonly<Record<string, string>>, stopAt?: string): Promise<Page>;
}

const HOPS_MAX = 20;

export function createPageBrowser(): PageBrowser {
  const cookies = new Map<string, string>();

  const request = async (url: string, init: RequestInit): Promise<Response> => {
    const headers = new Headers(init.headers);
    if (cookies.size > 0) headers.set('cookie', [...cookies].map(([name, value]) => `${name}=${value}`).join('; '));
    headers.set('accept-language', 'en');
    const response = await fetch(url, { ...init, headers, redirect: 'manual', signal: AbortSignal.timeout(60_000) });
    for (const line of response.headers.getSetCookie()) {
      const [pair = '', ...attributes] = line.split(';');
      const [name = '', ...value] = pair.split('=');
      const isGone = attributes.some((attribute) => /^\s*max-age=0$/i.test(attribute)) || value.join('=') === '';
      if (isGone) cookies.delete(name.trim());
      else cookies.set(name.trim(), value.join('='));
    }
    return response;
  };

  const follow = async (first: string, init: RequestInit, stopAt?: string): Promise<Page> => {
    let url = first;
    let response = await request(url, init);
    for (let hops = 0; response.status >= 300 && response.status < 400; hops += 1) {
      if (hops > HOPS_MAX) throw new Error(`more than ${HOPS_MAX} redirects, last to ${url}`);
      url = new URL(response.headers.get('location') ?? '', url).href;
      await response.body?.cancel();
      if (stopAt !== undefined && url.startsWith(stopAt)) return { url, status: 302, html: '', forms: [] };
      response = await request(url, {});
    }
    const html = await response.text();
    return { url, status: response.status, html, forms: formsOf(html, url) };
  };

  return {
    open: (url, stopAt) => follow(url, {}, stopAt),
    submit(page, form, answers, stopAt) {
      const body = new URLSearchParams({ ...form.fields, ...answers });
      if (form.method !== 'post') return follow(`${form.action.split('?')[0]}?${body.toString()}`, {}, stopAt);
      const headers = { origin: new URL(page.url).origin, referer: page.url };
      return follow(form.action, { method: 'POST', body, headers }, stopAt);
    },
  };
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', quot: '"', apos: "'", lt: '<', gt: '>' };

/** Text of an attribute as it is meant. */
export function unescapedHtml(text: string): string {
  return text.replaceAll(/&(?:#x([0-9a-f]+)|#([0-9]+)|([a-z]+));/gi, (entity, hex?: string, decimal?: string, name?: string) => {
    if (name !== undefined) return ENTITIES[name] ?? entity;
    return String.fromCodePoint(hex === undefined ? Number(decimal) : Number.parseInt(hex, 16));
  });
}

function attributeOf(tag: string, name: string): string | undefined {
  const found = new RegExp(`\\s${name}\\s*=\\s*("([^"]*)"|'([^']*)')`, 'i').exec(tag);
  return found === null ? undefined : unescapedHtml(found[2] ?? found[3] ?? '');
}

/** Our own pages and Keycloak's are regular enough for patterns. */
function formsOf(html: string, url: string): readonly PageForm[] {
  return [...html.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/gi)].map(([, head = '', inner = '']) => {
    const inputs = [...inner.matchAll(/<(input|button)\b([^>]*)>/gi)].map(([, kind = '', tag = '']) => ({
      kind: kind.toLowerCase(),
      tag: ` ${tag}`,
    }));
    const named = inputs.flatMap(({ kind, tag }) => {
      const name = attributeOf(tag, 'name');
      const type = attributeOf(tag, 'type')?.toLowerCase() ?? 'text';
      const isSent = kind === 'input' && type !== 'submit' && type !== 'checkbox' && type !== 'radio';
      return name === undefined || !isSent ? [] : [[name, attributeOf(tag, 'value') ?? ''] as const];
    });
    return {
      action: new URL(attributeOf(` ${head}`, 'action') ?? url, url).href,
      method: (attributeOf(` ${head}`, 'method') ?? 'get').toLowerCase(),
      fields: Object.fromEntries(named),
    };
  });
}
