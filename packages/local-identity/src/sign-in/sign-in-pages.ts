import type { Interaction, Provider } from 'oidc-provider';
import { readForm, sendEmpty } from '../http/exchange.ts';
import type { FormTokens } from '../http/form-token.ts';
import { contextFor, type Reader, sendPage } from '../http/page-answer.ts';
import { FORM_BYTES_MAX, INTERACTIONS_MAX } from '../limits.ts';
import type { PageContent } from '../pages/layout.ts';
import { changePasswordPage, enrolTotpPage, type FormContext, faultPage, signInAgainPage, signInPage, totpPage } from '../pages/pages.ts';
import { HashQueueFull } from '../password/password-hash.ts';
import { totpUriOf } from '../password/totp.ts';
import { ACR_PASSWORD, ACR_SECOND_FACTOR, askedAcrOf } from '../provider/acr.ts';
import { CHANGE_PASSWORD } from '../provider/configuration.ts';
import type { User } from '../store/state.ts';
import { answerConsent } from './consent.ts';
import { createSignInForms, type SignInFormOptions, type Visit } from './sign-in-forms.ts';
import { type Demand, NO_PROGRESS, nextStep, type Progress, type Step } from './sign-in-steps.ts';

export interface SignInOptions extends SignInFormOptions {
  readonly tokens: FormTokens;
  readonly realmPath: string;
}

function demandOf(interaction: Interaction): Demand {
  const { params, prompt, session } = interaction;
  const change = params['kc_action'] === CHANGE_PASSWORD;
  // A session answers everything but a request for a fresh sign-in; a missing second factor alone asks for the code only.
  const wantsFresh = prompt.reasons.some((reason) => !['essential_acrs', 'essential_acr', 'acr_values', 'kc_action'].includes(reason));
  const code = askedAcrOf(params) === 'second-factor';
  // Whatever else led here: a sign-in that proves nothing anew must not look like a fresh one.
  return { password: session === undefined || wantsFresh || !(code || change), code, change };
}

/** What the provider notes of a sign-in; its cookie ends with the browser. */
function loginOf(user: User, { code }: Demand) {
  return { accountId: user.id, acr: code ? ACR_SECOND_FACTOR : ACR_PASSWORD, amr: code ? ['pwd', 'otp'] : ['pwd'], remember: false };
}

/** Tells the client that there is no such way of signing in here, rather than asking without end. */
function tellUnmet(provider: Provider, { req, res, context }: Visit): Promise<void> {
  const unmet = { error: 'unmet_authentication_requirements', error_description: context.say('fault.acr') };
  return provider.interactionFinished(req, res, unmet, { mergeWithLastSubmission: false });
}

function passwordPage({ interaction, typed }: Visit, form: FormContext, fixed: User | undefined): PageContent {
  const hint = interaction.params['login_hint'];
  const name = typed.get('username') ?? (typeof hint === 'string' ? hint : '');
  return fixed === undefined ? signInPage(form, name) : signInAgainPage(form, fixed.username);
}

/** How far each sign-in under way is: in memory, the oldest forgotten first. */
function createProgressKeeper() {
  const kept = new Map<string, Progress>();
  return {
    keep: (uid: string, progress: Progress): void => {
      kept.delete(uid);
      kept.set(uid, progress);
      const [oldest] = kept.keys();
      if (kept.size > INTERACTIONS_MAX && oldest !== undefined) kept.delete(oldest);
    },
    forget: (uid: string): void => void kept.delete(uid),
    progressOf: (interaction: Interaction): Progress =>
      kept.get(interaction.uid) ?? { ...NO_PROGRESS, userId: interaction.session?.accountId },
  };
}

/** The pages of `/login-actions/<uid>`: each answers for the step that comes next, whatever form was sent. */
export function createSignInPages(options: SignInOptions) {
  const { people, tokens } = options;
  const { keep, forget, progressOf } = createProgressKeeper();
  const take = createSignInForms(options);

  const pageOf = (visit: Visit, step: Step, fault: string | undefined): PageContent => {
    const { interaction, context, req, res, url } = visit;
    const form: FormContext = { ...context, action: url.pathname, token: tokens.issue(req, res, interaction.uid), fault };
    const progress = progressOf(interaction);
    const user = people.find(progress.userId);
    if (step === 'password' || user === undefined) return passwordPage(visit, form, people.find(interaction.session?.accountId));
    if (step === 'change-password')
      return changePasswordPage(form, user.mustChangePassword ? 'change.first' : 'change.wanted', user.username);
    if (step === 'code') return totpPage(form);
    const secret = progress.offeredSecret ?? people.makeSecret();
    keep(interaction.uid, { ...progress, offeredSecret: secret });
    return enrolTotpPage(form, secret, totpUriOf(secret, user.username, 'Civitas'));
  };

  const finish = async ({ req, res, interaction, demand }: Visit, user: User): Promise<void> => {
    forget(interaction.uid);
    const login = loginOf(user, demand);
    options.log.info({ user: user.id, acr: login.acr }, 'identity-signed-in');
    await options.provider().interactionFinished(req, res, { login }, { mergeWithLastSubmission: false });
  };

  const submit = async (visit: Visit): Promise<{ readonly fault: string; readonly status: number } | undefined> => {
    const progress = progressOf(visit.interaction);
    const user = people.find(progress.userId);
    try {
      const outcome = await take(visit, nextStep(visit.demand, progress, user), progress, user);
      if ('fault' in outcome) return { fault: outcome.fault, status: 400 };
      keep(visit.interaction.uid, outcome.next);
      return undefined;
    } catch (cause) {
      if (!(cause instanceof HashQueueFull)) throw cause;
      return { fault: visit.context.say('sign-in.busy'), status: 503 };
    }
  };

  const answerLogin = async (visit: Visit): Promise<void> => {
    const { req, res, context, interaction } = visit;
    if (askedAcrOf(interaction.params) === 'unknown') return tellUnmet(options.provider(), visit);
    const refused = req.method === 'POST' ? await submit(visit) : undefined;
    const progress = progressOf(interaction);
    const user = people.find(progress.userId);
    const step = nextStep(visit.demand, progress, user);
    if (step === 'done' && user !== undefined) return finish(visit, user);
    // A page of its own for each step: reloading it sends no form again.
    if (req.method === 'POST' && refused === undefined) return sendEmpty(res, 303, { location: `${visit.url.pathname}?step=${step}` });
    sendPage(res, context, pageOf(visit, step, refused?.fault), { status: refused?.status ?? 200, ...formTargetOf(interaction) });
  };

  return {
    /** Answers GET and POST of a sign-in's page. @throws SessionNotFound of the provider when the sign-in is over or another browser's. */
    answer: async (reader: Reader, uid: string): Promise<void> => {
      const { req, res } = reader;
      const interaction = await options.provider().interactionDetails(req, res);
      const context = contextFor(reader, options.realmPath, [interaction.params['ui_locales'] as string | undefined]);
      const typed = req.method === 'POST' ? await readForm(req, FORM_BYTES_MAX) : new URLSearchParams();
      if (interaction.uid !== uid || (req.method === 'POST' && !tokens.accepts(req, typed.get('form'), uid))) {
        return sendPage(res, context, faultPage(context, context.say('fault.form')), { status: 403 });
      }
      const visit: Visit = { ...reader, interaction, demand: demandOf(interaction), context, typed };
      if (interaction.prompt.name !== 'consent') return answerLogin(visit);
      const token = tokens.issue(req, res, uid);
      return answerConsent({ ...visit, provider: options.provider(), token, ...formTargetOf(interaction) });
    },
  };
}

/** Browsers hold a form to its policy through all redirects: the client's origin must be in it. */
function formTargetOf({ params }: Interaction): { readonly formTarget?: string } {
  const uri = params['redirect_uri'];
  return typeof uri === 'string' ? { formTarget: new URL(uri).origin } : {};
}
