import type { KoaContextWithOIDC, Provider } from 'oidc-provider';

type Middleware = Parameters<Provider['use']>[0];
type Context = Parameters<Middleware>[0];

const LOGOUT_PATH = '/protocol/openid-connect/logout';

function oneOf(value: string | string[] | undefined): string {
  return typeof value === 'string' ? value : '';
}

/** Where a signed-out person goes: the client's registered page, or our own. */
async function destinationOf(provider: Provider, ctx: Context, signedOutUrl: string): Promise<string> {
  const client = await provider.Client.find(oneOf(ctx.query['client_id']));
  const asked = oneOf(ctx.query['post_logout_redirect_uri']);
  if (client === undefined || asked === '' || !client.postLogoutRedirectUriAllowed(asked)) return signedOutUrl;
  const state = oneOf(ctx.query['state']);
  const url = new URL(asked);
  if (state !== '') url.searchParams.set('state', state);
  return url.href;
}

/** Signing out without a session ends where signing out ends; the provider's own page for it would need a script. */
export function signOutWithoutSession(
  provider: Provider,
  { origin, realmPath }: { readonly origin: string; readonly realmPath: string },
): Middleware {
  return async (ctx, next) => {
    if (ctx.path !== LOGOUT_PATH || ctx.method !== 'GET') return next();
    const session = await provider.Session.get(ctx);
    if (session.accountId !== undefined) return next();
    ctx.status = 303;
    ctx.redirect(await destinationOf(provider, ctx, `${origin}${realmPath}${LOGOUT_PATH}/success`));
  };
}

/** True when the request carries this very person's ID token: nobody else can have made it, so it needs no confirmation. */
function provesItself(ctx: KoaContextWithOIDC): boolean {
  const hint = ctx.oidc.entities.IdTokenHint?.payload['sub'];
  return hint !== undefined && hint === ctx.oidc.session?.accountId;
}

/**
 * Ends the session and all it granted.
 *
 * @returns false when the person has to confirm first: the request may come from another site.
 */
export async function signOutAtOnce(ctx: KoaContextWithOIDC, realmPath: string): Promise<boolean> {
  const { session, provider, params } = ctx.oidc;
  if (session === undefined || !provesItself(ctx)) return false;
  for (const { grantId } of Object.values(session.authorizations ?? {})) {
    if (grantId === undefined) continue;
    await provider.RefreshToken.revokeByGrantId(grantId);
    await provider.Grant.adapter.destroy(grantId);
  }
  await session.destroy();
  ctx.oidc.cookies.set(provider.cookieName('session'), null, { path: realmPath });
  const asked = params?.['post_logout_redirect_uri'];
  const url = new URL(typeof asked === 'string' ? asked : `${ctx.oidc.issuer}${LOGOUT_PATH}/success`);
  const state = params?.['state'];
  if (typeof asked === 'string' && typeof state === 'string') url.searchParams.set('state', state);
  ctx.status = 303;
  ctx.redirect(url.href);
  return true;
}
