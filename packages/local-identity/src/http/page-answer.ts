import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Language, languageOf, otherLanguage } from '../pages/language.ts';
import { type PageContent, type PageContext, pageContext, renderPage } from '../pages/layout.ts';
import { cookiesOf, SAFE_HEADERS, setCookie } from './exchange.ts';

const LANGUAGE_COOKIE = 'civitas_language';
const LANGUAGE_HERE_COOKIE = 'civitas_language_here';
const LANGUAGE_COOKIE_S = 365 * 24 * 3600;
const STYLE = readFileSync(new URL('../pages/style.css', import.meta.url));

/**
 * Policy of our pages: nothing but the style sheet.
 *
 * @param formTarget origin where the form's chain of redirects ends, when that is not our own.
 */
export function pagePolicy(formTarget?: string): string {
  const target = formTarget === undefined ? '' : ` ${formTarget}`;
  return `default-src 'none'; style-src 'self'; form-action 'self'${target}; base-uri 'none'; frame-ancestors 'none'`;
}

export function sendPage(
  res: ServerResponse,
  context: PageContext,
  content: PageContent,
  options: { status?: number; formTarget?: string } = {},
): void {
  res.writeHead(options.status ?? 200, {
    ...SAFE_HEADERS,
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': pagePolicy(options.formTarget),
    'content-language': context.language,
  });
  res.end(renderPage(context, content));
}

export function sendStyle(res: ServerResponse): void {
  res.writeHead(200, { ...SAFE_HEADERS, 'cache-control': 'public, max-age=300', 'content-type': 'text/css; charset=utf-8' });
  res.end(STYLE);
}

/**
 * Language of a request: what it says itself, what was chosen on this very page, `wishes`, the last choice, the browser. A choice is
 * remembered.
 */
function chooseLanguage({ req, res, url }: Reader, wishes: readonly (string | undefined)[], realmPath: string): Language {
  const chosen = url.searchParams.get('lang') ?? undefined;
  const cookies = cookiesOf(req);
  const language = languageOf([
    chosen,
    cookies.get(LANGUAGE_HERE_COOKIE),
    ...wishes,
    cookies.get(LANGUAGE_COOKIE),
    req.headers['accept-language'],
  ]);
  if (chosen !== undefined) {
    setCookie(res, `${LANGUAGE_COOKIE}=${language}; Path=${realmPath}; Max-Age=${LANGUAGE_COOKIE_S}; HttpOnly; SameSite=Lax`);
    setCookie(res, `${LANGUAGE_HERE_COOKIE}=${language}; Path=${url.pathname}; HttpOnly; SameSite=Lax`);
  }
  return language;
}

export interface Reader {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly url: URL;
}

/** What pages for this reader need; the same page is offered in the other language. */
export function contextFor(reader: Reader, realmPath: string, wishes: readonly (string | undefined)[]): PageContext {
  const { url } = reader;
  const language = chooseLanguage(reader, wishes, realmPath);
  const other = new URLSearchParams(url.searchParams);
  other.set('lang', otherLanguage(language));
  return pageContext(language, realmPath, `${url.pathname}?${other.toString()}`);
}
