import type { IncomingMessage } from 'node:http';
import { readForm } from '../http/exchange.ts';
import type { FormTokens } from '../http/form-token.ts';
import { contextFor, type Reader, sendPage } from '../http/page-answer.ts';
import { FORM_BYTES_MAX, TEXT_CHARACTERS_MAX } from '../limits.ts';
import type { PageContext } from '../pages/layout.ts';
import { type FormContext, faultPage, type InvitationFacts, knownMemberPage, newMemberPage, noticePage } from '../pages/pages.ts';
import { HashQueueFull, type PasswordHasher, passwordFaultOf } from '../password/password-hash.ts';
import type { Invitation, User } from '../store/state.ts';
import type { UsersFile } from '../store/users-file.ts';
import { acceptInvitation, findInvitation, findOrganization } from './memberships.ts';
import type { People } from './people.ts';

export interface InvitationOptions {
  readonly users: UsersFile;
  readonly people: People;
  readonly hasher: PasswordHasher;
  readonly tokens: FormTokens;
  readonly realmPath: string;
  readonly addressOf: (req: IncomingMessage) => string;
  readonly nowUnixS: () => number;
  readonly log: { readonly info: (facts: object, event: string) => void };
}

interface Visit {
  readonly reader: Reader;
  readonly context: PageContext;
  readonly invitation: Invitation;
  /** Who has the invited address already. */
  readonly user: User | undefined;
  readonly typed: URLSearchParams;
}

type Outcome = { readonly organization: string } | { readonly fault: string };

const USERNAME_FORM = /^[a-z0-9][a-z0-9._-]{2,39}$/;
const REFUSAL_MESSAGES = { IDENTITY_TAKEN: 'invitation.username-taken', IDENTITY_FULL: 'invitation.full' } as const;

/** Path of an invitation's page, below the realm. */
export const INVITATION_PATH = '/login-actions/invitation';

/** The page behind an invitation's link. */
export function createInvitationPages(options: InvitationOptions) {
  const { users, people, hasher, tokens, nowUnixS } = options;

  const joinAs = async (visit: Visit, person: Parameters<typeof acceptInvitation>[1]): Promise<Outcome> => {
    const { invitation, context } = visit;
    const accepted = await users.change(acceptInvitation(invitation.token, person, nowUnixS()));
    if (accepted.ok) {
      options.log.info({ invitation: invitation.id, organization: accepted.value.alias }, 'identity-invitation-accepted');
      return { organization: displayNameOf(accepted.value.alias, accepted.value.attributes, context) };
    }
    const { code } = accepted.refusal;
    const key = code in REFUSAL_MESSAGES ? REFUSAL_MESSAGES[code as keyof typeof REFUSAL_MESSAGES] : 'invitation.gone-text';
    return { fault: context.say(key) };
  };

  const joinNew = async (visit: Visit): Promise<Outcome> => {
    const { typed, context, invitation } = visit;
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
    return joinAs(visit, { username, firstName, lastName, locale: context.language, password: hash });
  };

  const joinKnown = async (visit: Visit, user: User): Promise<Outcome> => {
    const { typed, context, reader } = visit;
    const address = options.addressOf(reader.req);
    const attempt = await people.checkPassword({ name: user.username, password: typed.get('password') ?? '', address });
    if (attempt.is === 'paused') return { fault: context.say('sign-in.wait', { seconds: attempt.waitS }) };
    return attempt.is === 'wrong' ? { fault: context.say('sign-in.wrong') } : joinAs(visit, { userId: attempt.user.id });
  };

  const submit = async (visit: Visit): Promise<Outcome> => {
    try {
      return await (visit.user === undefined ? joinNew(visit) : joinKnown(visit, visit.user));
    } catch (cause) {
      if (cause instanceof HashQueueFull) return { fault: visit.context.say('sign-in.busy') };
      throw cause;
    }
  };

  const showForm = (visit: Visit, fault: string | undefined): void => {
    const { reader, context, invitation, user, typed } = visit;
    const { req, res, url } = reader;
    const organization = findOrganization(users.state(), invitation.organizationId);
    const name = organization === undefined ? '' : displayNameOf(organization.alias, organization.attributes, context);
    const facts: InvitationFacts = { organization: name, email: invitation.email };
    const token = tokens.issue(req, res, invitation.id);
    const form: FormContext = { ...context, action: `${url.pathname}${url.search}`, token, fault };
    const given = { firstName: invitation.firstName, lastName: invitation.lastName, ...Object.fromEntries(typed) };
    sendPage(res, context, user === undefined ? newMemberPage(form, facts, given) : knownMemberPage(form, facts), {
      status: fault === undefined ? 200 : 400,
    });
  };

  return {
    answer: async (reader: Reader): Promise<void> => {
      const { req, res, url } = reader;
      const context = contextFor(reader, options.realmPath, []);
      const invitation = findInvitation(users.state(), url.searchParams.get('key') ?? '', nowUnixS());
      if (invitation === undefined) {
        const gone = noticePage(context, context.say('invitation.gone'), context.say('invitation.gone-text'), 'invitation.console');
        return sendPage(res, context, gone, { status: 404 });
      }
      const typed = req.method === 'POST' ? await readForm(req, FORM_BYTES_MAX) : new URLSearchParams();
      const user = users.state().users.find(({ email }) => email === invitation.email);
      const visit: Visit = { reader, context, invitation, user, typed };
      if (req.method !== 'POST') return showForm(visit, undefined);
      if (!tokens.accepts(req, typed.get('form'), invitation.id)) {
        return sendPage(res, context, faultPage(context, context.say('fault.form')), { status: 403 });
      }
      const outcome = await submit(visit);
      if ('fault' in outcome) return showForm(visit, outcome.fault);
      const title = context.say('invitation.accepted', { organization: outcome.organization });
      sendPage(res, context, noticePage(context, title, context.say('invitation.accepted-text'), 'invitation.console'));
    },
  };
}

/** Name of an agency in the reader's language, as its Agency resource gives it; else its alias. */
function displayNameOf(alias: string, attributes: Readonly<Record<string, readonly string[]>>, { language }: PageContext): string {
  return attributes[language === 'en' ? 'displayNameEn' : 'displayNameZh']?.[0] ?? alias;
}
