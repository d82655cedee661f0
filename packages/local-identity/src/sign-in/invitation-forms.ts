import type { IdentityLog } from '../identity-log.ts';
import { TEXT_CHARACTERS_MAX } from '../limits.ts';
import { displayNameOf } from '../pages/display-name.ts';
import type { PageContext } from '../pages/layout.ts';
import { HashQueueFull, type PasswordHasher, passwordFaultOf } from '../password/password-hash.ts';
import type { Invitation, User } from '../store/state.ts';
import type { UsersFile } from '../store/users-file.ts';
import { acceptInvitation } from './memberships.ts';
import type { People } from './people.ts';

export interface InvitationFormOptions {
  readonly users: UsersFile;
  readonly people: People;
  readonly hasher: PasswordHasher;
  readonly nowUnixS: () => number;
  readonly log: Pick<IdentityLog, 'info'>;
}

/** A form of an invitation's page as it was sent. */
export interface InvitationForm {
  readonly context: PageContext;
  readonly invitation: Invitation;
  /** Who has the invited address already. */
  readonly user: User | undefined;
  readonly typed: URLSearchParams;
  readonly address: string;
}

/** Name of the agency that has a new member now, or why it has not. */
export type InvitationOutcome = { readonly organization: string } | { readonly fault: string };

const USERNAME_FORM = /^[a-z0-9][a-z0-9._-]{2,39}$/;
const REFUSAL_MESSAGES = { IDENTITY_TAKEN: 'invitation.username-taken', IDENTITY_FULL: 'invitation.full' } as const;

/** Takes what invited people enter. */
export function createInvitationForms(options: InvitationFormOptions): (form: InvitationForm) => Promise<InvitationOutcome> {
  const { users, people, hasher, nowUnixS } = options;

  const joinAs = async (form: InvitationForm, person: Parameters<typeof acceptInvitation>[1]): Promise<InvitationOutcome> => {
    const { invitation, context } = form;
    const accepted = await users.change(acceptInvitation(invitation.token, person, nowUnixS()));
    if (accepted.ok) {
      options.log.info({ invitation: invitation.id, organization: accepted.value.alias }, 'identity-invitation-accepted');
      return { organization: displayNameOf(accepted.value.alias, accepted.value.attributes, context) };
    }
    const { code } = accepted.refusal;
    const key = code in REFUSAL_MESSAGES ? REFUSAL_MESSAGES[code as keyof typeof REFUSAL_MESSAGES] : 'invitation.gone-text';
    return { fault: context.say(key) };
  };

  const joinNew = async (form: InvitationForm): Promise<InvitationOutcome> => {
    const { typed, context, invitation } = form;
    const username = (typed.get('username') ?? '').trim().toLowerCase();
    const [firstName = '', lastName = ''] = ['firstName', 'lastName'].map((name) => (typed.get(name) ?? '').trim());
    const password = typed.get('password') ?? '';
    const isNamed = [firstName, lastName].every((name) => name !== '' && name.length <= TEXT_CHARACTERS_MAX);
    if (!isNamed) return { fault: context.say('invitation.name-missing') };
    if (!USERNAME_FORM.test(username)) return { fault: context.say('invitation.username-form') };
    const names = [username, invitation.email.split('@')[0] ?? '', firstName, lastName].filter((name) => name.length > 2);
    const passwordFault = passwordFaultOf(password, names);
    if (passwordFault !== undefined) return { fault: context.say(passwordFault) };
    if (password !== typed.get('repeat')) return { fault: context.say('change.differ') };
    const hash = await hasher.hash(password);
    return joinAs(form, { username, firstName, lastName, locale: context.language, password: hash });
  };

  const joinKnown = async (form: InvitationForm, user: User): Promise<InvitationOutcome> => {
    const { typed, context, address } = form;
    const attempt = await people.checkPassword({ name: user.username, password: typed.get('password') ?? '', address });
    if (attempt.is === 'paused') return { fault: context.say('sign-in.wait', { seconds: attempt.waitS }) };
    return attempt.is === 'wrong' ? { fault: context.say('sign-in.wrong') } : joinAs(form, { userId: attempt.user.id });
  };

  return async (form) => {
    try {
      return await (form.user === undefined ? joinNew(form) : joinKnown(form, form.user));
    } catch (cause) {
      if (cause instanceof HashQueueFull) return { fault: form.context.say('sign-in.busy') };
      throw cause;
    }
  };
}
