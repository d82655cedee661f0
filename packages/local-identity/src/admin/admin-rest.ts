import type { IncomingMessage, ServerResponse } from 'node:http';
import type { JsonObject } from '@civitas/canon';
import { BodyRefused, faultFacts, readBody, readForm, sendEmpty, sendJson } from '../http/exchange.ts';
import type { IdentityLog } from '../identity-log.ts';
import { CALL_BYTES_MAX, ROWS_MAX } from '../limits.ts';
import type { IdentityKeys } from '../store/identity-keys.ts';
import { type AdminAnswer, type AdminCall, type AdminRoute, type AdminRoutesOptions, adminRoutes, MAILBOX_ROUTE } from './admin-routes.ts';
import { verifyOwnToken } from './caller.ts';
import { parseJson } from './field.ts';

export interface AdminRestOptions extends AdminRoutesOptions {
  readonly issuer: string;
  readonly keys: IdentityKeys;
  /** `/admin/realms/city` */
  readonly adminPath: string;
  readonly origin: string;
  readonly log: Pick<IdentityLog, 'warn'>;
}

export interface AdminRest {
  /** Answers a call below `/admin/realms/city`, or for the mailbox. */
  readonly answer: (req: IncomingMessage, res: ServerResponse, url: URL) => Promise<void>;
}

const STATUS_OF: Readonly<Record<string, number>> = {
  IDENTITY_UNKNOWN: 404,
  IDENTITY_TAKEN: 409,
  IDENTITY_INVALID: 400,
  IDENTITY_FULL: 400,
};
const SAID: Readonly<Record<string, string>> = {
  IDENTITY_UNKNOWN: 'not found',
  IDENTITY_TAKEN: 'exists already',
  IDENTITY_INVALID: 'is missing or has another form',
  IDENTITY_FULL: 'the local identity holds as many as it takes',
};
const ID = /^[\w.-]{1,64}$/;

function idsOf(route: AdminRoute, path: string): readonly string[] | undefined {
  const [wanted, given] = [route.path.split('/'), path.split('/')];
  if (wanted.length !== given.length) return undefined;
  const fits = wanted.every((part, index) => (part === '*' ? ID.test(given[index] ?? '') : part === given[index]));
  return fits ? given.filter((_part, index) => wanted[index] === '*') : undefined;
}

function numberOf(text: string | null, otherwise: number): number {
  const value = Number(text ?? otherwise);
  return Number.isSafeInteger(value) && value >= 0 ? value : otherwise;
}

function sendRefusal(res: ServerResponse, code: string, facts: JsonObject): void {
  const field = typeof facts['field'] === 'string' ? `${facts['field']}: ` : '';
  sendJson(res, STATUS_OF[code] ?? 400, { errorMessage: `${field}${SAID[code] ?? code}`, code });
}

async function readCall(req: IncomingMessage, url: URL, route: AdminRoute, ids: readonly string[]): Promise<AdminCall | undefined> {
  const form = route.body === 'form' ? await readForm(req, CALL_BYTES_MAX) : new URLSearchParams();
  if (route.body !== 'json') return { ids, query: url.searchParams, json: undefined, form };
  const parsed = parseJson(await readBody(req, 'application/json', CALL_BYTES_MAX));
  return parsed.ok ? { ids, query: url.searchParams, json: parsed.value, form } : undefined;
}

/** Keycloak's Admin REST as far as the operator and the console call it, each only its own part. */
export function createAdminRest(options: AdminRestOptions): AdminRest {
  const { adminPath, origin, issuer, keys } = options;
  const routes = adminRoutes(options);

  const send = (res: ServerResponse, url: URL, answer: AdminAnswer): void => {
    if (answer.is === 'refused') return sendRefusal(res, answer.code, answer.facts);
    if (answer.is === 'created') return sendEmpty(res, 201, { location: `${origin}${url.pathname}/${answer.id}` });
    if (answer.is === 'done') return sendEmpty(res, 204);
    if (answer.is === 'object') return sendJson(res, 200, answer.object);
    const first = numberOf(url.searchParams.get('first'), 0);
    const max = Math.min(ROWS_MAX, numberOf(url.searchParams.get('max'), ROWS_MAX));
    sendJson(res, 200, answer.rows.slice(first, first + max));
  };

  const answerCall = async (req: IncomingMessage, res: ServerResponse, url: URL): Promise<void> => {
    const claims = await verifyOwnToken(req, issuer, keys.signing());
    if (claims === undefined) return sendJson(res, 401, { error: 'HTTP 401 Unauthorized' }, { 'www-authenticate': 'Bearer' });
    // A person's token is never one of a service client, whatever its name: those name nobody who has signed in.
    const caller = claims['sub'] === claims['azp'] && claims['sid'] === undefined ? claims['azp'] : undefined;
    const path = url.pathname === MAILBOX_ROUTE ? MAILBOX_ROUTE : url.pathname.slice(adminPath.length);
    const found = routes
      .filter(({ method }) => method === req.method)
      .map((route) => ({ route, ids: idsOf(route, path) }))
      .find(({ ids }) => ids !== undefined);
    // Default deny, and nobody learns which routes there are.
    if (found?.ids === undefined || typeof caller !== 'string' || !found.route.callers.includes(caller)) {
      return sendJson(res, found === undefined && typeof caller === 'string' && options.reserved.includes(caller) ? 404 : 403, {
        error: 'HTTP 403 Forbidden',
      });
    }
    const call = await readCall(req, url, found.route, found.ids);
    send(
      res,
      url,
      call === undefined ? { is: 'refused', code: 'IDENTITY_INVALID', facts: { field: 'body' } } : await found.route.answer(call),
    );
  };

  return {
    answer: async (req, res, url) => {
      try {
        await answerCall(req, res, url);
      } catch (cause) {
        if (!(cause instanceof BodyRefused)) {
          options.log.warn(faultFacts(cause), 'identity-fault');
          if (!res.headersSent) sendJson(res, 500, { error: 'unknown_error' });
          return;
        }
        // What is left of the body is not read: the connection ends with the answer.
        sendJson(res, 413, { errorMessage: cause.message }, { connection: 'close' });
      }
    },
  };
}
