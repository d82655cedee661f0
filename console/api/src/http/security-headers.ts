import type { FastifyReply } from 'fastify';

/** @param identityOrigin of a Keycloak on another origin; undefined where the provider is on ours. */
export function contentSecurityPolicy(identityOrigin: string | undefined): string {
  const more = identityOrigin === undefined ? '' : ` ${identityOrigin}`;
  return [
    "default-src 'self'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    `connect-src 'self'${more}`,
    `frame-src 'self'${more}`,
    "frame-ancestors 'self'",
    `form-action 'self'${more}`,
    "base-uri 'none'",
    "object-src 'none'",
  ].join('; ');
}

/** What every answer of ours carries. */
export function setSecurityHeaders(reply: FastifyReply, policy: string): void {
  reply.headers({
    'content-security-policy': policy,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'same-origin',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=()',
  });
}
