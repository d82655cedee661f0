import type { KoaContextWithOIDC } from 'oidc-provider';
import { SAFE_HEADERS } from '../http/exchange.ts';
import { contextFor, pagePolicy } from '../http/page-answer.ts';
import { type PageContent, type PageContext, renderPage } from '../pages/layout.ts';
import { faultPage, noticePage, signOutPage } from '../pages/pages.ts';
import type { ProviderParts } from './configuration.ts';
import { signOutAtOnce } from './sign-out.ts';

function wishOf(ctx: KoaContextWithOIDC): string | undefined {
  const wish = ctx.oidc.params?.['ui_locales'] ?? ctx.query['ui_locales'];
  return typeof wish === 'string' ? wish : undefined;
}

/** The provider's own pages in our form. */
export function createProviderPages(realmPath: string, origin: string): ProviderParts['pages'] {
  const contextOf = (ctx: KoaContextWithOIDC): PageContext => {
    const reader = { req: ctx.req, res: ctx.res, url: new URL(`${origin}${ctx.req.url ?? '/'}`) };
    // Neither can be had again by GET in another language: what they answer is over, or asks for its parameters.
    return { ...contextFor(reader, realmPath, [wishOf(ctx)]), switchPath: undefined };
  };
  const show = (ctx: KoaContextWithOIDC, context: PageContext, content: PageContent, formTarget?: string): void => {
    ctx.set({ ...SAFE_HEADERS, 'content-security-policy': pagePolicy(formTarget), 'content-language': context.language });
    ctx.type = 'html';
    ctx.body = renderPage(context, content);
  };
  return {
    renderError: (ctx, out) => {
      const context = contextOf(ctx);
      const { say } = context;
      const isOver = out.error_description?.includes('session') === true || out.error_description?.includes('expired') === true;
      const isOurs = out.error === 'server_error';
      const text = isOurs ? say('fault.ours') : isOver ? say('fault.expired') : say('fault.request', { detail: out.error });
      show(ctx, context, faultPage(context, text));
    },
    logoutSource: async (ctx, form) => {
      if (await signOutAtOnce(ctx, realmPath)) return;
      const context = contextOf(ctx);
      show(ctx, context, signOutPage(context, form));
    },
    postLogoutSuccessSource: (ctx) => {
      const context = contextOf(ctx);
      const { say } = context;
      show(ctx, context, noticePage(context, say('signed-out.title'), say('signed-out.text'), 'signed-out.again'));
    },
  };
}
