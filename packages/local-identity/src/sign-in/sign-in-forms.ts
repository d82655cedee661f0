import type { IncomingMessage } from 'node:http';
import type { Interaction, Provider } from 'oidc-provider';
import type { Reader } from '../http/page-answer.ts';
import type { IdentityLog } from '../identity-log.ts';
import type { PageContext } from '../pages/layout.ts';
import { passwordFaultOf } from '../password/password-hash.ts';
import type { User } from '../store/state.ts';
import type { Attempt, People } from './people.ts';
import type { Demand, Progress, Step } from './sign-in-steps.ts';

export interface SignInFormOptions {
  readonly provider: () => Provider;
  readonly people: People;
  readonly addressOf: (req: IncomingMessage) => string;
  readonly log: Pick<IdentityLog, 'info'>;
}

/** One request to the pages of one sign-in. */
export interface Visit extends Reader {
  readonly interaction: Interaction;
  readonly demand: Demand;
  readonly context: PageContext;
  readonly typed: URLSearchParams;
}

/** What a form came to: how far the person is now, or what is wrong, in their language. */
export type Outcome = { readonly next: Progress } | { readonly fault: string };

const namesOf = (user: User): readonly string[] =>
  [user.username, user.email.split('@')[0] ?? '', user.firstName, user.lastName].filter((name) => name.length > 2);

/** Takes the form of each step. */
export function createSignInForms(options: SignInFormOptions) {
  const { people, addressOf } = options;

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

  return (visit: Visit, step: Step, progress: Progress, user: User | undefined): Promise<Outcome> => {
    if (step === 'password' || user === undefined) return takePassword(visit, progress);
    return step === 'change-password' ? takeNewPassword(visit, progress, user) : takeCode(visit, progress, user);
  };
}
