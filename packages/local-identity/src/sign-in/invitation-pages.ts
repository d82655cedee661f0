import type { IncomingMessage } from 'node:http';
import { readForm } from '../http/exchange.ts';
import type { FormTokens } from '../http/form-token.ts';
import { contextFor, type Reader, sendPage } from '../http/page-answer.ts';
import { FORM_BYTES_MAX } from '../limits.ts';
import { displayNameOf } from '../pages/display-name.ts';
import type { PageContext } from '../pages/layout.ts';
import { type FormContext, faultPage, type InvitationFacts, knownMemberPage, newMemberPage, noticePage } from '../pages/pages.ts';
import type { Invitation, User } from '../store/state.ts';
import { createInvitationForms, type InvitationFormOptions } from './invitation-forms.ts';
import { findInvitation, findOrganization } from './memberships.ts';

export interface InvitationOptions extends InvitationFormOptions {
  readonly tokens: FormTokens;
  readonly realmPath: string;
  readonly addressOf: (req: IncomingMessage) => string;
}

interface Visit {
  readonly reader: Reader;
  readonly context: PageContext;
  readonly invitation: Invitation;
  /** Who has the invited address already. */
  readonly user: User | undefined;
  readonly typed: URLSearchParams;
}

/** Path of an invitation's page, below the realm. */
export const INVITATION_PATH = '/login-actions/invitation';

/** The page behind an invitation's link. */
export function createInvitationPages(options: InvitationOptions) {
  const { users, tokens, nowUnixS } = options;
  const submit = createInvitationForms(options);

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
      const outcome = await submit({ ...visit, address: options.addressOf(req) });
      if ('fault' in outcome) return showForm(visit, outcome.fault);
      const title = context.say('invitation.accepted', { organization: outcome.organization });
      sendPage(res, context, noticePage(context, title, context.say('invitation.accepted-text'), 'invitation.console'));
    },
  };
}
