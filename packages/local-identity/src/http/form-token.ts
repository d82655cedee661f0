import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { cookiesOf, setCookie } from './exchange.ts';

const COOKIE = 'civitas_form';
const COOKIE_BYTES = 18;
const COOKIE_FORM = /^[\w-]{24}$/;

export interface FormTokens {
  /** The token of a form for this browser, whose cookie is set when it has none. */
  readonly issue: (req: IncomingMessage, res: ServerResponse, purpose: string) => string;
  /** True when the form was made for this browser and purpose and comes from our own origin. */
  readonly accepts: (req: IncomingMessage, token: string | null, purpose: string) => boolean;
}

/** Tokens against forms that another site sends: a keyed hash of a cookie that only our pages are sent with. */
export function createFormTokens(options: { readonly secret: string; readonly origin: string; readonly path: string }): FormTokens {
  const { secret, origin, path } = options;
  const tokenOf = (cookie: string, purpose: string): string =>
    createHmac('sha256', secret).update(`form\n${purpose}\n${cookie}`).digest('base64url');
  const secure = origin.startsWith('https:') ? '; Secure' : '';
  return {
    issue: (req, res, purpose) => {
      const known = cookiesOf(req).get(COOKIE) ?? '';
      if (COOKIE_FORM.test(known)) return tokenOf(known, purpose);
      const fresh = randomBytes(COOKIE_BYTES).toString('base64url');
      setCookie(res, `${COOKIE}=${fresh}; Path=${path}; HttpOnly; SameSite=Lax${secure}`);
      return tokenOf(fresh, purpose);
    },
    accepts: (req, token, purpose) => {
      const from = req.headers.origin;
      const site = req.headers['sec-fetch-site'];
      if ((from !== undefined && from !== origin && from !== 'null') || site === 'cross-site') return false;
      const cookie = cookiesOf(req).get(COOKIE) ?? '';
      const given = Buffer.from(token ?? '');
      const expected = Buffer.from(tokenOf(cookie, purpose));
      return COOKIE_FORM.test(cookie) && given.length === expected.length && timingSafeEqual(given, expected);
    },
  };
}
