import type { Interaction, Provider } from 'oidc-provider';
import { type Reader, sendPage } from '../http/page-answer.ts';
import type { PageContext } from '../pages/layout.ts';
import { consentPage } from '../pages/pages.ts';

export interface ConsentVisit extends Reader {
  readonly provider: Provider;
  readonly interaction: Interaction;
  readonly context: PageContext;
  readonly typed: URLSearchParams;
  readonly token: string;
  readonly formTarget?: string;
}

interface Missing {
  readonly scopes: readonly string[];
  readonly claims: readonly string[];
  readonly resourceScopes: Readonly<Record<string, readonly string[]>>;
}

function missingOf({ prompt }: Interaction): Missing {
  const { missingOIDCScope, missingOIDCClaims, missingResourceScopes } = prompt.details as {
    missingOIDCScope?: readonly string[];
    missingOIDCClaims?: readonly string[];
    missingResourceScopes?: Readonly<Record<string, readonly string[]>>;
  };
  return { scopes: missingOIDCScope ?? [], claims: missingOIDCClaims ?? [], resourceScopes: missingResourceScopes ?? {} };
}

async function allow({ provider, interaction, req, res }: ConsentVisit, missing: Missing): Promise<void> {
  const clientId = String(interaction.params['client_id']);
  const accountId = interaction.session?.accountId ?? '';
  const known = interaction.grantId === undefined ? undefined : await provider.Grant.find(interaction.grantId);
  const grant = known ?? new provider.Grant({ accountId, clientId });
  if (missing.scopes.length > 0) grant.addOIDCScope(missing.scopes.join(' '));
  if (missing.claims.length > 0) grant.addOIDCClaims([...missing.claims]);
  for (const [resource, scopes] of Object.entries(missing.resourceScopes)) grant.addResourceScope(resource, scopes.join(' '));
  const grantId = await grant.save();
  await provider.interactionFinished(req, res, { consent: { grantId } }, { mergeWithLastSubmission: true });
}

/** The page that asks a person what a foreign client may see; the console is never asked for. */
export async function answerConsent(visit: ConsentVisit): Promise<void> {
  const { provider, interaction, context, typed, token, req, res, url } = visit;
  const missing = missingOf(interaction);
  if (req.method === 'POST' && typed.get('verb') === 'go') return allow(visit, missing);
  if (req.method === 'POST') {
    return provider.interactionFinished(req, res, { error: 'access_denied' }, { mergeWithLastSubmission: false });
  }
  const client = await provider.Client.find(String(interaction.params['client_id']));
  const scopes = [...missing.scopes, ...Object.values(missing.resourceScopes).flat()];
  const page = consentPage(
    { ...context, action: url.pathname, token, fault: undefined },
    client?.clientName ?? client?.clientId ?? '',
    scopes,
  );
  sendPage(res, context, page, visit.formTarget === undefined ? {} : { formTarget: visit.formTarget });
}
