import type Provider from 'oidc-provider';

const HEADER = Buffer.from(JSON.stringify({ alg: 'none', typ: 'opaque' })).toString('base64url');

/** The refresh token in the form of a JWT: keycloak-js reads `exp`, the third part is the token itself. */
export function wrapRefreshToken(value: string, { iat, exp }: { readonly iat: number; readonly exp: number }): string {
  return `${HEADER}.${Buffer.from(JSON.stringify({ typ: 'Refresh', iat, exp })).toString('base64url')}.${value}`;
}

export function unwrapRefreshToken(token: string): string {
  const parts = token.split('.');
  return parts.length === 3 ? (parts[2] ?? '') : token;
}

/** keycloak-js decodes the refresh tokens it is given, so each leaves wrapped and is unwrapped when it comes back. */
export function wrapRefreshTokens(provider: Provider): void {
  const { RefreshToken } = provider;
  const save: (this: InstanceType<typeof RefreshToken>) => Promise<string> = Reflect.get(RefreshToken.prototype, 'save');
  RefreshToken.prototype.save = async function saveWrapped(this: InstanceType<typeof RefreshToken>): Promise<string> {
    const value = await save.call(this);
    const nowUnixS = Math.floor(Date.now() / 1000);
    return wrapRefreshToken(value, { iat: nowUnixS, exp: nowUnixS + this.remainingTTL });
  };
  const find = RefreshToken.find.bind(RefreshToken);
  Object.defineProperty(RefreshToken, 'find', {
    value: (token: unknown, options?: { ignoreExpiration?: boolean }) =>
      find(typeof token === 'string' ? unwrapRefreshToken(token) : '', options),
  });
}
