import { errors, type Provider } from 'oidc-provider';
import { verifyOwnToken } from './admin/caller.ts';
import { answerFrame } from './frames/frames.ts';
import { BodyRefused, faultFacts, sendEmpty, sendJson } from './http/exchange.ts';
import { contextFor, type Reader, sendPage, sendStyle } from './http/page-answer.ts';
import type { IdentityLog } from './identity-log.ts';
import { faultPage } from './pages/pages.ts';
import { profileClaims } from './provider/claims.ts';
import { findLiveUser } from './provider/configuration.ts';
import { INVITATION_PATH } from './sign-in/invitation-pages.ts';
import type { IdentityKeys } from './store/identity-keys.ts';
import type { UsersFile } from './store/users-file.ts';

export interface RealmPagesOptions {
  readonly provider: () => Provider;
  readonly realmPath: string;
  readonly origin: string;
  readonly issuer: string;
  readonly keys: IdentityKeys;
  readonly users: UsersFile;
  readonly signIn: { readonly answer: (reader: Reader, uid: string) => Promise<void> };
  readonly invitations: { readonly answer: (reader: Reader) => Promise<void> };
  readonly log: Pick<IdentityLog, 'warn'>;
}

const SIGN_IN_PATH = /^\/login-actions\/([\w-]{1,64})$/;
const PROTOCOL = '/protocol/openid-connect';
const PAGE_METHODS = ['GET', 'HEAD', 'POST'];
const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-forwarded-port'];

/** Everything below the realm's path. */
export function createRealmPages(options: RealmPagesOptions) {
  const { realmPath, origin, provider } = options;
  const { host, protocol } = new URL(origin);

  /** The provider speaks of itself by the request's host: it is told ours, whatever the request says. */
  const answerByProvider = async ({ req, res, url }: Reader): Promise<void> => {
    for (const name of FORWARDED) delete req.headers[name];
    req.headers.host = host;
    if (protocol === 'https:') req.headers['x-forwarded-proto'] = 'https';
    Object.assign(req, { originalUrl: `${url.pathname}${url.search}` });
    req.url = `${url.pathname.slice(realmPath.length)}${url.search}`;
    await provider().callback()(req, res);
  };

  const answerUserinfo = async ({ req, res }: Reader): Promise<void> => {
    const claims = await verifyOwnToken(req, options.issuer, options.keys.signing());
    const authTimeUnixS = claims?.['auth_time'];
    const user =
      typeof claims?.['sub'] === 'string' && typeof authTimeUnixS === 'number'
        ? findLiveUser(options.users.state(), claims['sub'], authTimeUnixS)
        : undefined;
    if (user === undefined) return sendJson(res, 401, { error: 'invalid_token' }, { 'www-authenticate': 'Bearer error="invalid_token"' });
    sendJson(res, 200, { sub: user.id, ...profileClaims(user) });
  };

  const answerPage = async (reader: Reader, path: string): Promise<void> => {
    const { req, res } = reader;
    if (!PAGE_METHODS.includes(req.method ?? '')) return sendEmpty(res, 405, { allow: PAGE_METHODS.join(', ') });
    const uid = SIGN_IN_PATH.exec(path)?.[1];
    try {
      if (path === INVITATION_PATH) await options.invitations.answer(reader);
      else if (uid !== undefined) await options.signIn.answer(reader, uid);
      else sendFault(reader, 404, 'fault.expired');
    } catch (cause) {
      if (cause instanceof BodyRefused) sendFault(reader, 413, 'fault.form');
      else if (cause instanceof errors.SessionNotFound) sendFault(reader, 400, 'fault.expired');
      else {
        options.log.warn(faultFacts(cause), 'identity-fault');
        if (!res.headersSent) sendFault(reader, 500, 'fault.ours');
      }
    }
  };

  const sendFault = (reader: Reader, status: number, key: 'fault.expired' | 'fault.form' | 'fault.ours'): void => {
    const context = { ...contextFor(reader, realmPath, []), switchPath: undefined };
    if (status === 413) reader.res.setHeader('connection', 'close');
    sendPage(reader.res, context, faultPage(context, context.say(key)), { status });
  };

  return {
    answer: async (reader: Reader): Promise<void> => {
      const { res, url } = reader;
      const path = url.pathname.slice(realmPath.length);
      if (path === '/pages/style.css') return sendStyle(res);
      if (path.startsWith('/login-actions/')) return answerPage(reader, path);
      if (path === `${PROTOCOL}/userinfo`) return answerUserinfo(reader);
      const isFrame = path.startsWith(PROTOCOL) && (await answerFrame(provider(), reader, path.slice(PROTOCOL.length)));
      if (!isFrame) await answerByProvider(reader);
    },
  };
}
