import type { IncomingMessage, ServerResponse } from 'node:http';

/** A request is larger than its route takes, or ends before it is whole. */
export class BodyRefused extends Error {
  override readonly name = 'BodyRefused';
}

/** Reads a request's body. @throws BodyRefused above `bytesMax` bytes, or with another content type than `type`. */
export async function readBody(req: IncomingMessage, type: string, bytesMax: number): Promise<string> {
  const given = (req.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  if (given !== type) throw new BodyRefused(`content type ${given}, expected ${type}`);
  const chunks: Buffer[] = [];
  let received = 0;
  for await (const chunk of req as AsyncIterable<Buffer>) {
    received += chunk.length;
    if (received > bytesMax) throw new BodyRefused(`more than ${bytesMax} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

export async function readForm(req: IncomingMessage, bytesMax: number): Promise<URLSearchParams> {
  return new URLSearchParams(await readBody(req, 'application/x-www-form-urlencoded', bytesMax));
}

/** Cookies of a request; the first of a name counts. */
export function cookiesOf(req: IncomingMessage): ReadonlyMap<string, string> {
  const cookies = new Map<string, string>();
  for (const pair of (req.headers.cookie ?? '').split(';')) {
    const [name = '', value = ''] = pair.trim().split('=', 2);
    if (!cookies.has(name)) cookies.set(name, value);
  }
  return cookies;
}

/** Adds a cookie to the answer, next to those that are set already. */
export function setCookie(res: ServerResponse, cookie: string): void {
  const before = res.getHeader('set-cookie');
  const list = Array.isArray(before) ? before : before === undefined ? [] : [String(before)];
  res.setHeader('set-cookie', [...list, cookie]);
}

export const SAFE_HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

export function sendJson(res: ServerResponse, status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): void {
  res.writeHead(status, { ...SAFE_HEADERS, 'content-type': 'application/json', ...headers });
  res.end(JSON.stringify(body));
}

export function sendEmpty(res: ServerResponse, status: number, headers: Readonly<Record<string, string>> = {}): void {
  res.writeHead(status, { ...SAFE_HEADERS, ...headers });
  res.end();
}

/** What a log says of a fault. */
export function faultFacts(cause: unknown): { readonly message: string; readonly stack?: string } {
  if (!(cause instanceof Error)) return { message: String(cause) };
  return cause.stack === undefined ? { message: cause.message } : { message: cause.message, stack: cause.stack };
}
