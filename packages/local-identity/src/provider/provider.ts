import { Provider } from 'oidc-provider';
import { faultFacts } from '../http/exchange.ts';
import type { IdentityLog } from '../identity-log.ts';
import { type ProviderParts, providerConfiguration, sessionSecondsLeft } from './configuration.ts';
import { wrapRefreshTokens } from './refresh-token-shell.ts';
import { signOutWithoutSession } from './sign-out.ts';

/**
 * Builds the provider with the keys of this moment; another one takes its place when they rotate.
 */
export function createProvider(parts: ProviderParts, log: IdentityLog): Provider {
  const provider = new Provider(`${parts.origin}${parts.realmPath}`, providerConfiguration(parts));
  provider.proxy = parts.origin.startsWith('https:');
  wrapRefreshTokens(provider);
  // What no route has caught; the provider would print it to the console.
  provider.silent = true;
  provider.use(async (_ctx, next) => {
    try {
      await next();
    } catch (cause) {
      log.warn(faultFacts(cause), 'identity-fault');
      throw cause;
    }
  });
  provider.use(signOutWithoutSession(provider, parts));
  // A code that was presented wrongly is spent: whoever holds it has one guess at its verifier, as with Keycloak.
  provider.use(async (ctx, next) => {
    await next();
    const code = ctx['oidc']?.params?.['code'] as unknown;
    if (ctx.status >= 400 && ctx['oidc']?.route === 'token' && typeof code === 'string')
      await provider.AuthorizationCode.adapter.destroy(code);
  });
  // A refresh is a sign of life: the session's idle time begins anew, as in Keycloak.
  provider.use(async (ctx, next) => {
    await next();
    const token = ctx['oidc']?.entities.RotatedRefreshToken as { sessionUid?: string } | undefined;
    if (token?.sessionUid === undefined || ctx.status !== 200) return;
    const session = await provider.Session.findByUid(token.sessionUid);
    if (session?.loginTs !== undefined) await session.save(sessionSecondsLeft(session.loginTs));
  });
  provider.on('server_error', (_ctx, cause) => log.warn(faultFacts(cause), 'identity-fault'));
  provider.on('grant.error', (ctx, cause) => {
    log.info({ client: ctx.oidc.client?.clientId, error: cause.error, detail: cause.error_detail }, 'identity-token-refused');
  });
  return provider;
}
