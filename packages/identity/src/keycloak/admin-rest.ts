import { IdentityFault, type IdentityFaultCode } from '../identity-fault.ts';
import {
  DIRECTORY_ANSWER_BYTES_MAX,
  DIRECTORY_CALL_MS,
  DIRECTORY_RETRY_FIRST_MS,
  DIRECTORY_TRIES_MAX,
  DIRECTORY_TRY_MS,
  RETRY_AFTER_MS_MAX,
} from '../limits.ts';
import { createOwnToken, type OwnTokenOptions } from './own-token.ts';

export interface AdminCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below `/admin/realms/<realm>`; ids in it are checked by the caller. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly form?: Readonly<Record<string, string>>;
}

export interface AdminAnswer {
  readonly status: number;
  /** Undefined where the answer has no body or none of JSON. */
  readonly body: unknown;
  /** Last segment of `Location`: the id of what was made. */
  readonly createdId: string | undefined;
}

export interface AdminRest {
  /**
   * Answers of 2xx, 400, 404 and 409 are returned, all others thrown.
   *
   * @throws IdentityFault
   */
  call(call: AdminCall): Promise<AdminAnswer>;
}

/** What a wait between tries is made with: the clock of packages/kube fits. */
export interface DirectoryClock {
  nowUnixMs(): number;
  setTimer(delayMs: number, fire: () => void): () => void;
}

export interface AdminRestOptions extends OwnTokenOptions {
  readonly clock: DirectoryClock;
}

const ANSWERS: readonly number[] = [400, 404, 409];
const WORTH_REPEATING: readonly IdentityFaultCode[] = ['DIRECTORY_UNREACHABLE', 'DIRECTORY_BUSY'];
const PASSING_STATUS: readonly number[] = [502, 503, 504];

/** The Admin REST of one realm as one service client. */
export function createAdminRest(options: AdminRestOptions): AdminRest {
  const { clock } = options;
  const ask = options.fetch ?? fetch;
  const ownToken = createOwnToken(options);
  const base = `${options.url}/admin/realms/${encodeURIComponent(options.realm)}`;

  const tryOnce = async (call: AdminCall): Promise<Response> => {
    const { method, path, query, json, form } = call;
    const search = query === undefined ? '' : `?${new URLSearchParams(query).toString()}`;
    const body = form === undefined ? (json === undefined ? undefined : JSON.stringify(json)) : new URLSearchParams(form).toString();
    const type = form === undefined ? 'application/json' : 'application/x-www-form-urlencoded';
    const request = async (): Promise<Response> =>
      ask(`${base}${path}${search}`, {
        method,
        // A redirect would carry the token somewhere else.
        redirect: 'error',
        signal: AbortSignal.timeout(DIRECTORY_TRY_MS),
        headers: {
          authorization: `Bearer ${await ownToken.get()}`,
          accept: 'application/json',
          ...(body === undefined ? {} : { 'content-type': type }),
        },
        ...(body === undefined ? {} : { body }),
      });
    const first = await request();
    if (first.status !== 401) return first;
    // The token may have been withdrawn with its session: nothing was done, so once more with another.
    await first.body?.cancel();
    ownToken.forget();
    return request();
  };

  const tryCall = async (call: AdminCall): Promise<AdminAnswer> => {
    let response: Response;
    try {
      response = await tryOnce(call);
    } catch (error) {
      if (error instanceof IdentityFault) throw error;
      throw new IdentityFault('DIRECTORY_UNREACHABLE', `${whatOf(call)}: no answer from ${options.url}`, { cause: error });
    }
    const body = parsed(await textOf(response, call));
    if (response.ok || ANSWERS.includes(response.status)) {
      const createdId = response.headers.get('location')?.split('/').at(-1);
      return { status: response.status, body, createdId };
    }
    throw faultOf(call, response, body);
  };

  return {
    async call(call) {
      const untilUnixMs = clock.nowUnixMs() + DIRECTORY_CALL_MS;
      for (let tries = 1; ; tries += 1) {
        try {
          return await tryCall(call);
        } catch (error) {
          const waitMs = waitOf(error, tries);
          const isLast = call.method === 'POST' || tries >= DIRECTORY_TRIES_MAX || waitMs === undefined;
          if (isLast || clock.nowUnixMs() + waitMs > untilUnixMs) throw error;
          await new Promise<void>((resolve) => void clock.setTimer(waitMs, resolve));
        }
      }
    },
  };
}

function waitOf(error: unknown, tries: number): number | undefined {
  if (!(error instanceof IdentityFault) || !WORTH_REPEATING.includes(error.code)) return undefined;
  const asked = error.facts['retryAfterMs'];
  const backoffMs = DIRECTORY_RETRY_FIRST_MS * 2 ** (tries - 1);
  return typeof asked === 'number' ? Math.max(backoffMs, asked) : backoffMs;
}

/** Ids of people and objects are left out of what is logged. */
function whatOf({ method, path }: AdminCall): string {
  return `${method} ${path
    .split('/')
    .map((part) => (/[0-9]/.test(part) ? '…' : part))
    .join('/')}`;
}

function faultOf(call: AdminCall, response: Response, body: unknown): IdentityFault {
  const { status } = response;
  const what = whatOf(call);
  const said = messageOf(body);
  if (status === 401) return new IdentityFault('DIRECTORY_CREDENTIALS', `${what}: the provider does not take our token`);
  if (status === 403) return new IdentityFault('DIRECTORY_DENIED', `${what}: our client may not do that`);
  if (status === 429) {
    const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
    const facts = Number.isFinite(seconds) && seconds >= 0 ? { retryAfterMs: Math.min(Math.ceil(seconds * 1000), RETRY_AFTER_MS_MAX) } : {};
    return new IdentityFault('DIRECTORY_BUSY', `${what}: too many requests`, { facts });
  }
  if (PASSING_STATUS.includes(status)) return new IdentityFault('DIRECTORY_BUSY', `${what}: status ${status}`);
  if (status >= 500 && /e-?mail/i.test(said)) return new IdentityFault('DIRECTORY_MAIL', `${what}: ${said}`);
  return new IdentityFault('DIRECTORY_FAILED', `${what}: status ${status}${said === '' ? '' : `, ${said}`}`);
}

/** The provider's own words, bounded; it never repeats secrets in them. */
export function messageOf(body: unknown): string {
  if (typeof body !== 'object' || body === null) return '';
  const { errorMessage, error_description: description, error } = body as Readonly<Record<string, unknown>>;
  const said = [errorMessage, description, error].find((value): value is string => typeof value === 'string') ?? '';
  return said.slice(0, 200);
}

async function textOf(response: Response, call: AdminCall): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response.body ?? []) {
      bytes += chunk.byteLength;
      if (bytes > DIRECTORY_ANSWER_BYTES_MAX)
        throw new IdentityFault('DIRECTORY_ANSWER', `${whatOf(call)}: more than ${DIRECTORY_ANSWER_BYTES_MAX} bytes`);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof IdentityFault) throw error;
    throw new IdentityFault('DIRECTORY_UNREACHABLE', `${whatOf(call)}: the answer broke off`, { cause: error });
  }
  return new TextDecoder().decode(Buffer.concat(chunks));
}

function parsed(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
