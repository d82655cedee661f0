/** A kubeconfig file. Certificates and tokens are read here; the official client is loaded only for users who need a plugin. */

import { readFileSync } from 'node:fs';
import type { RequestOptions } from 'node:https';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import type { ClusterAccess } from './cluster-access.ts';

type Fields = Readonly<Record<string, unknown>>;

/**
 * Access to the cluster of a context.
 *
 * @param contextWanted Default: the file's current context.
 * @throws Error when the file cannot be read, or the context names nothing.
 */
export function readKubeConfigFile(path: string, contextWanted?: string): ClusterAccess {
  const document = fieldsOf(parse(readFileSync(path, 'utf8')));
  const contextName = contextWanted ?? textOf(document, 'current-context') ?? '';
  const context = entryOf(document, 'contexts', contextName, 'context');
  const cluster = context && entryOf(document, 'clusters', textOf(context, 'cluster') ?? '', 'cluster');
  const user = context && entryOf(document, 'users', textOf(context, 'user') ?? '', 'user');
  const server = cluster && textOf(cluster, 'server');
  if (context === undefined || cluster === undefined || server === undefined)
    throw new Error(`${path}: the ${contextWanted === undefined ? 'current ' : ''}context '${contextName}' names no cluster`);
  const proxyUrl = textOf(cluster, 'proxy-url');
  const namespace = textOf(context, 'namespace');
  return {
    getCurrentCluster: () => ({ server, ...(proxyUrl === undefined ? {} : { proxyUrl }) }),
    getCurrentContext: () => contextName,
    getContextObject: (name) => (name === contextName ? (namespace === undefined ? {} : { namespace }) : null),
    async applyToHTTPSOptions(options) {
      if (needsPlugin(user) || proxyUrl !== undefined) await applyByOfficialClient(path, contextName, options);
      else applyPlain({ folder: dirname(path), cluster, user: user ?? {} }, options);
    },
  };
}

/** What only the official client can do: programs that fetch credentials, and old built-in providers. */
function needsPlugin(user: Fields | undefined): boolean {
  return ['exec', 'auth-provider', 'as', 'username'].some((field) => user?.[field] !== undefined);
}

async function applyByOfficialClient(path: string, contextName: string, options: RequestOptions): Promise<void> {
  // Its generated models cost half a second and 80 MB.
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  config.loadFromFile(path);
  config.setCurrentContext(contextName);
  await config.applyToHTTPSOptions(options);
}

/** Files are read at each call: they may be replaced while we run. */
function applyPlain({ folder, cluster, user }: { folder: string; cluster: Fields; user: Fields }, options: RequestOptions): void {
  const ca = bytesOf(folder, cluster, 'certificate-authority');
  const cert = bytesOf(folder, user, 'client-certificate');
  const key = bytesOf(folder, user, 'client-key');
  if (ca !== undefined) options.ca = ca;
  if (cert !== undefined) options.cert = cert;
  if (key !== undefined) options.key = key;
  if (cluster['insecure-skip-tls-verify'] === true) options.rejectUnauthorized = false;
  const serverName = textOf(cluster, 'tls-server-name');
  if (serverName !== undefined) options.servername = serverName;
  const tokenFile = textOf(user, 'tokenFile');
  const token = tokenFile === undefined ? textOf(user, 'token') : readFileSync(resolve(folder, tokenFile), 'utf8').trim();
  if (token !== undefined) options.headers = { ...headersOf(options), Authorization: `Bearer ${token}` };
}

/** The headers set so far, where they are named ones. */
export function headersOf({ headers }: RequestOptions): Readonly<Record<string, number | string | readonly string[] | undefined>> {
  return headers === undefined || Array.isArray(headers) ? {} : Object.fromEntries(Object.entries(headers));
}

/** A file's content, or what stands in the kubeconfig itself as base64 under the same name with `-data`. */
function bytesOf(folder: string, fields: Fields, name: string): Buffer | undefined {
  const inline = textOf(fields, `${name}-data`);
  if (inline !== undefined) return Buffer.from(inline, 'base64');
  const file = textOf(fields, name);
  return file === undefined ? undefined : readFileSync(resolve(folder, file));
}

function entryOf(document: Fields, list: string, name: string, field: string): Fields | undefined {
  const entries: unknown = document[list];
  if (!Array.isArray(entries)) return undefined;
  const found = entries.map(fieldsOf).find((entry) => entry['name'] === name);
  return found === undefined ? undefined : fieldsOf(found[field]);
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}

function textOf(fields: Fields, name: string): string | undefined {
  const value = fields[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
