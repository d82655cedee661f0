import type { IncomingMessage } from 'node:http';
import type { Interaction, Provider } from 'oidc-provider';
import { readForm } from '../http/exchange.ts';
import type { FormTokens } from '../http/form-token.ts';
import { contextFor, type Reader, sendPage } from '../http/page-answer.ts';
import { FORM_BYTES_MAX, INTERACTIONS_MAX } from '../limits.ts';
import type { PageContent, PageContext } from '../pages/layout.ts';
import { changePasswordPage, enrolTotpPage, type FormContext, faultPage, signInAgainPage, signInPage, totpPage } from '../pages/pages.ts';
import { HashQueueFull, passwordFaultOf } from '../password/password-hash.ts';
import { totpUriOf } from '../password/totp.ts';
import { ACR_PASSWORD, ACR_SECOND_FACTOR, askedAcrOf } from '../provider/acr.ts';
import { CHANGE_PASSWORD } from '../provider/configuration.ts';
import type { User } from '../store/state.ts';
import { answerConsent } from './consent.ts';
import type { Attempt, People } from './people.ts';
import { type Demand, NO_PROGRESS, nextStep, type Progress, type Step } from './sign-in-steps.ts';

export interface SignInOptions {
  readonly provider: () => Provider;
  readonly people: People;
  readonly tokens: FormTokens;
  readonly realmPath: string;
  readonly origin: string;
  readonly addressOf: (req: IncomingMessage) => string;
  readonly log: { readonly info: (facts: object, event: string) => void };
}

/** One request to the pages of one sign-in. */
interface Visit extends Reader {
  readonly interaction: Interaction;
  readonly demand: Demand;
  readonly context: PageContext;
  readonly typed: URLSearchParams;
}

type Outcome = { readonly next: Progress } | { readonly fault: string };

function demandOf(interaction: Interaction): Demand {
  const { params, prompt, session } = interaction;
  const change = params['kc_action'] === CHANGE_PASSWORD;
  // A session answers everything but a request for a fresh sign-in; a missing second factor alone asks for the code only.
  const wantsFresh = prompt.reasons.some((reason) => !['essential_acrs', 'essential_acr', 'acr_values', 'kc_action'].includes(reason));
  return { password: session === undefined || wantsFresh, code: askedAcrOf(params) === 'second-factor', change };
}

const namesOf = (user: User): readonly string[] =>
  [user.username, user.email.split('@')[0] ?? '', user.firstName, user.lastName].filter((name) => name.length > 2);

/** The pages of `/login-actions/<uid>`: each answers for the step that comes next, whatever form was sent. */
export function createSignInPages(options: SignInOptions) {
  const { people, tokens, addressOf } = options;
  const kept = new Map<string, Progress>();
  const keep = (uid: string, progress: Progress): void => {
    kept.delete(uid);
    kept.set(uid, progress);
    const [oldest] = kept.keys();
    if (kept.size > INTERACTIONS_MAX && oldest !== undefined) kept.delete(oldest);
  };
  const progressOf = (interaction: Interaction): Progress =>
    kept.get(interaction.uid) ?? { ...NO_PROGRESS, userId: interaction.session?.accountId };

  const ofAttempt = (visit: Visit, attempt: Attempt, wrong: string, progress: (user: User) => Progress): Outcome => {
    if (attempt.is === 'right') return { next: progress(attempt.user) };
    options.log.info({ sign: attempt.is, address: addressOf(visit.req) }, 'identity-sign-in-refused');
    return { fault: attempt.is === 'wrong' ? wrong : visit.context.say('sign-in.wait', { seconds: attempt.waitS }) };
  };

  const takePassword = async (visit: Visit, progress: Progress): Promise<Outcome> => {
    const { typed, context, req } = visit;
    const fixed = people.find(visit.interaction.session?.accountId);
    const name = fixed?.username ?? typed.get('username') ?? '';
    const attempt = await people.checkPassword({ name, password: typed.get('password') ?? '', address: addressOf(req) });
    return ofAttempt(visit, attempt, context.say('sign-in.wrong'), (user) => ({ ...progress, userId: user.id, hasPassword: true }));
  };

  const takeNewPassword = async (visit: Visit, progress: Progress, user: User): Promise<Outcome> => {
    const { typed, context, interaction } = visit;
    const password = typed.get('password') ?? '';
    const fault = passwordFaultOf(password, namesOf(user));
    if (fault !== undefined) return { fault: context.say(fault) };
    if (password !== typed.get('repeat')) return { fault: context.say('change.differ') };
    if (await people.isPresent(user, password)) return { fault: context.say('change.same') };
    // The change voids every sign-in before it; the session of this one is told first that it is fresh.
    const session = interaction.session === undefined ? undefined : await options.provider().Session.findByUid(interaction.session.uid);
    const changed = await people.changePassword(user, password, async (atUnixS) => {
      if (session === undefined) return;
      session.loginTs = atUnixS;
      await session.persist();
    });
    if (!changed.ok) return { fault: context.say('fault.ours') };
    options.log.info({ user: user.id }, 'identity-password-changed');
    return { next: { ...progress, hasChanged: true } };
  };

  const takeCode = async (visit: Visit, progress: Progress, user: User): Promise<Outcome> => {
    const code = visit.typed.get('code') ?? '';
    const address = addressOf(visit.req);
    const secret = progress.offeredSecret;
    const attempt =
      user.totp === undefined && secret !== undefined
        ? await people.enrol(user, secret, code, address)
        : await people.checkCode(user, code, address);
    return ofAttempt(visit, attempt, visit.context.say('totp.wrong'), () => ({ ...progress, hasCode: true, offeredSecret: undefined }));
  };

  const take = (visit: Visit, step: Step, progress: Progress, user: User | undefined): Promise<Outcome> => {
    if (step === 'password' || user === undefined) return takePassword(visit, progress);
    return step === 'change-password' ? takeNewPassword(visit, progress, user) : takeCode(visit, progress, user);
  };

  const pageOf = (visit: Visit, step: Step, fault: string | undefined): PageContent => {
    const { interaction, context, req, res, url, typed } = visit;
    const form: FormContext = { ...context, action: url.pathname, token: tokens.issue(req, res, interaction.uid), fault };
    const progress = progressOf(interaction);
    const user = people.find(progress.userId);
    if (step === 'password' || user === undefined) {
      const fixed = people.find(interaction.session?.accountId);
      const hint = interaction.params['login_hint'];
      const name = typed.get('username') ?? (typeof hint === 'string' ? hint : '');
      return fixed === undefined ? signInPage(form, name) : signInAgainPage(form, fixed.username);
    }
    if (step === 'change-password') return changePasswordPage(form, user.mustChangePassword ? 'change.first' : 'change.wanted');
    if (step === 'code') return totpPage(form);
    const secret = progress.offeredSecret ?? people.makeSecret();
    keep(interaction.uid, { ...progress, offeredSecret: secret });
    return enrolTotpPage(form, secret, totpUriOf(secret, user.username, 'Civitas'));
  };

  const finish = async ({ req, res, interaction, demand }: Visit, user: User): Promise<void> => {
    kept.delete(interaction.uid);
    const acr = demand.code ? ACR_SECOND_FACTOR : ACR_PASSWORD;
    options.log.info({ user: user.id, acr }, 'identity-signed-in');
    const login = { accountId: user.id, acr, amr: demand.code ? ['pwd', 'otp'] : ['pwd'], remember: false };
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
    if (askedAcrOf(interaction.params) === 'unknown') {
      const unmet = { error: 'unmet_authentication_requirements', error_description: context.say('fault.acr') };
      return options.provider().interactionFinished(req, res, unmet, { mergeWithLastSubmission: false });
    }
    const refused = req.method === 'POST' ? await submit(visit) : undefined;
    const progress = progressOf(interaction);
    const user = people.find(progress.userId);
    const step = nextStep(visit.demand, progress, user);
    if (step === 'done' && user !== undefined) return finish(visit, user);
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
