/** One request as it was sent. */
export interface SentRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: Headers;
  readonly body: string;
}

export type Answer = Response | Error;

export interface ScriptedFetch {
  readonly fetch: typeof fetch;
  readonly sent: SentRequest[];
}

/** A `fetch` that answers by a function of what was asked and how often anything was asked before; an Error is thrown. */
export function scriptedFetch(answerTo: (request: SentRequest, count: number) => Answer): ScriptedFetch {
  const sent: SentRequest[] = [];
  return {
    sent,
    async fetch(input, init) {
      const url = new URL(input instanceof Request ? input.url : String(input));
      const body = typeof init?.body === 'string' ? init.body : '';
      const request = { method: init?.method ?? 'GET', path: `${url.pathname}${url.search}`, headers: new Headers(init?.headers), body };
      sent.push(request);
      if (init?.redirect !== 'error') throw new Error('a redirect would be followed');
      if (!(init.signal instanceof AbortSignal)) throw new Error('no bound in time');
      const answer = answerTo(request, sent.length - 1);
      if (answer instanceof Error) throw answer;
      return answer;
    },
  };
}

/** The answer of a token endpoint. */
export function aToken(token = 'token-1', lifeS = 300): Response {
  return Response.json({ access_token: token, expires_in: lifeS, token_type: 'Bearer' });
}

export const isTokenRequest = ({ path }: SentRequest): boolean => path.endsWith('/token');
