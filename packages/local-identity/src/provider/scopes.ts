import type { KoaContextWithOIDC } from 'oidc-provider';

/** What access tokens are for. */
export const CONSOLE_API = 'urn:civitas:console-api';
export const CONSOLE_API_AUDIENCE = 'console-api';
export const OIDC_SCOPES = ['openid', 'profile', 'email'] as const;
const ORGANIZATION_SCOPE = /^organization(:(\*|[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?))?$/;

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Scopes of the console's API in a request, or in what a code or refresh token was granted: `organization`, `:*`, `:<alias>`. */
export function apiScopesOf(ctx: KoaContextWithOIDC): readonly string[] {
  const { params, entities } = ctx.oidc;
  const asked = `${textOf(params?.['scope'])} ${entities.AuthorizationCode?.scope ?? ''} ${entities.RefreshToken?.scope ?? ''}`;
  return [...new Set(asked.split(' ').filter((scope) => ORGANIZATION_SCOPE.test(scope)))];
}
