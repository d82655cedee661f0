import type { IncomingMessage } from 'node:http';
import { parse as parseYaml } from 'yaml';
import type { User } from './auth/user.ts';
import { isDeeperThan, type Json, jsonOf } from './json.ts';
import { jsonDepthMax, requestBodyBytesMax } from './limits.ts';
import { decodeProtobuf } from './protobuf.ts';
import { badRequest, tooLarge } from './status-error.ts';

/** One request, taken apart as the real server's RequestInfo. */
export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly user: User;
  /** Undefined for paths that name no resource. */
  readonly target: Target | undefined;
  readonly verb: string;
  readonly signal: AbortSignal;
}

export interface Target {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly subresource: string;
}

/** Takes `/apis/<group>/<version>[/namespaces/<ns>]/<plural>[/<name>[/<subresource>]]` apart. */
export function parseTarget(path: string): Target | undefined {
  const parts = path
    .split('/')
    .filter((part) => part !== '')
    .map(decodePart);
  const isCore = parts[0] === 'api';
  if (!isCore && parts[0] !== 'apis') return undefined;
  const rest = parts.slice(isCore ? 2 : 3);
  const group = isCore ? '' : (parts[1] ?? '');
  const version = parts[isCore ? 1 : 2];
  if (version === undefined || rest.length === 0) return undefined;
  const isInNamespace =
    rest[0] === 'namespaces' && rest.length > 2 && !(rest.length === 3 && (rest[2] === 'finalize' || rest[2] === 'status'));
  const namespace = isInNamespace ? rest[1] : undefined;
  const [plural, name, ...subresource] = isInNamespace ? rest.slice(2) : rest;
  if (plural === undefined) return undefined;
  return { group, version, plural, namespace, name, subresource: subresource.join('/') };
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw badRequest(`the path part ${JSON.stringify(part)} is not percent-encoded text`);
  }
}

export function isTrue(query: URLSearchParams, key: string): boolean {
  const value = query.get(key);
  return value !== null && value !== 'false' && value !== '0';
}

export function verbOf(method: string, target: Target | undefined, query: URLSearchParams): string {
  if (target === undefined) return method.toLowerCase();
  const hasName = target.name !== undefined;
  switch (method) {
    case 'GET':
    case 'HEAD':
      if (isTrue(query, 'watch')) return 'watch';
      return hasName ? 'get' : 'list';
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return hasName ? 'delete' : 'deletecollection';
    default:
      return method.toLowerCase();
  }
}

/** Reads a body. @throws StatusError 413 above the limit. */
export async function readBody(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of message) {
    const part = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    bytes += part.length;
    if (bytes > requestBodyBytesMax) throw tooLarge(`Request entity too large: limit is ${requestBodyBytesMax}`);
    chunks.push(part);
  }
  return Buffer.concat(chunks);
}

/** Decodes JSON, YAML, or the few protobuf messages there are, by content type. @throws StatusError 400 when it is neither, or nests too deep. */
export function decodeBody(body: Buffer, contentType: string): Json {
  if (contentType.includes('protobuf')) return decodeProtobuf(body);
  const text = body.toString('utf8');
  let value: Json;
  try {
    value = contentType.includes('yaml') && !/^\s*[{[]/.test(text) ? jsonOf(parseYaml(text, { maxAliasCount: 100 })) : JSON.parse(text);
  } catch (cause) {
    throw badRequest(`error decoding the request: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
  if (isDeeperThan(value, jsonDepthMax)) throw badRequest(`the request nests deeper than ${jsonDepthMax} levels`);
  return value;
}
