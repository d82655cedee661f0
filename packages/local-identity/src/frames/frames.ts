import { readFileSync } from 'node:fs';
import type { Provider } from 'oidc-provider';
import { SAFE_HEADERS, sendEmpty } from '../http/exchange.ts';
import type { Reader } from '../http/page-answer.ts';

const POLICY = "default-src 'none'; script-src 'self'; connect-src 'self'; frame-ancestors 'self'; base-uri 'none'";
const scriptOf = (name: string): Buffer => readFileSync(new URL(`./${name}`, import.meta.url));
const pageOf = (script: string): string =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Civitas</title><script src="${script}"></script></head><body></body></html>`;

interface FrameFile {
  readonly type: string;
  readonly body: string | Buffer;
}

const HTML = 'text/html; charset=utf-8';
const SCRIPT = 'text/javascript; charset=utf-8';

/** Files that keycloak-js loads into invisible frames, by path below `protocol/openid-connect`. */
const FILES: Readonly<Record<string, FrameFile>> = {
  '/3p-cookies/step1.html': { type: HTML, body: pageOf('step1.js') },
  '/3p-cookies/step2.html': { type: HTML, body: pageOf('step1.js') },
  '/3p-cookies/step1.js': { type: SCRIPT, body: scriptOf('third-party-cookies.js') },
  '/login-status-iframe.html': { type: HTML, body: pageOf('login-status-iframe.js') },
  '/login-status-iframe.js': { type: SCRIPT, body: scriptOf('login-status.js') },
};

/** True when the browser's session is the one that keycloak-js has in mind; '' means none. */
async function isSessionOf(provider: Provider, { req, res, url }: Reader): Promise<boolean> {
  const session = await provider.Session.get(provider.createContext(req, res));
  const present = session.accountId === undefined ? '' : session.uid;
  return present === (url.searchParams.get('session_state') ?? '');
}

/** Answers for keycloak-js' frames. @returns false for any other path. */
export async function answerFrame(provider: Provider, { req, res, url }: Reader, path: string): Promise<boolean> {
  if (path === '/login-status-iframe.html/init') {
    sendEmpty(res, (await isSessionOf(provider, { req, res, url })) ? 204 : 403);
    return true;
  }
  const file = FILES[path];
  if (file === undefined) return false;
  res.writeHead(200, { ...SAFE_HEADERS, 'content-type': file.type, 'content-security-policy': POLICY });
  res.end(file.body);
  return true;
}
