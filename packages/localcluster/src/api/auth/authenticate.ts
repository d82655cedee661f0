import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { unauthorized } from '../status-error.ts';
import type { ObjectStore } from '../store.ts';
import { clusterAudience, type TokenSigner } from './token.ts';
import { serviceAccountUser, type User } from './user.ts';

/**
 * Who sent a request: by client certificate (CN, O) or by ServiceAccount token.
 *
 * @throws StatusError 401 for no credential, or one this cluster did not give or that has ended.
 */
export function authenticate(message: IncomingMessage, socket: TLSSocket, sources: { tokens: TokenSigner; store: ObjectStore }): User {
  const header = message.headers.authorization;
  if (header !== undefined) {
    const token = /^Bearer\s+(\S+)$/i.exec(header)?.[1];
    const user = token === undefined ? undefined : userOfToken(token, sources);
    if (user === undefined) throw unauthorized();
    return user;
  }
  if (!socket.authorized) throw unauthorized();
  const { subject } = socket.getPeerCertificate();
  const organizations: string | readonly string[] | undefined = subject?.O;
  const name = subject?.CN;
  if (typeof name !== 'string' || name === '') throw unauthorized();
  const groups = organizations === undefined ? [] : typeof organizations === 'string' ? [organizations] : organizations;
  return { name, uid: '', groups: [...groups, 'system:authenticated'], extra: {} };
}

/** The ServiceAccount of a valid token whose account still exists. */
export function userOfToken(token: string, sources: { tokens: TokenSigner; store: ObjectStore }): User | undefined {
  const claims = sources.tokens.read(token, Math.floor(Date.now() / 1000));
  if (claims === undefined || !claims.audiences.includes(clusterAudience)) return undefined;
  const account = sources.store.findHead('/serviceaccounts', claims.namespace, claims.name);
  return account?.metadata.uid === claims.uid ? serviceAccountUser(claims) : undefined;
}
