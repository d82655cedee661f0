import { formMarkup } from './form.ts';
import { Html, html } from './html.ts';
import type { PageContent, PageContext } from './layout.ts';
import type { MessageKey } from './messages/en.ts';
import { qrCodeMarkup } from './qr-code.ts';

/** What each form of a page needs besides its own values. */
export interface FormContext extends PageContext {
  readonly action: string;
  readonly token: string;
  readonly fault: string | undefined;
}

export function signInPage(context: FormContext, typedName: string): PageContent {
  const { say, fault } = context;
  const isWrong = fault !== undefined;
  const fields = [
    {
      name: 'username',
      label: say('sign-in.username'),
      type: 'text' as const,
      autocomplete: 'username',
      value: typedName,
      isFirst: typedName === '',
      isWrong,
    },
    {
      name: 'password',
      label: say('sign-in.password'),
      type: 'password' as const,
      autocomplete: 'current-password',
      isFirst: typedName !== '',
      isWrong,
    },
  ];
  return { title: say('sign-in.title'), isFault: isWrong, body: formMarkup({ ...context, fields, submit: say('sign-in.submit') }) };
}

/** The person of the session proves again who they are. */
export function signInAgainPage(context: FormContext, name: string): PageContent {
  const { say, fault, realmPath } = context;
  const isWrong = fault !== undefined;
  const password = {
    name: 'password',
    label: say('sign-in.password'),
    type: 'password' as const,
    autocomplete: 'current-password',
    isFirst: true,
    isWrong,
  };
  const body = html`<p>${say('sign-in.again-text', { name })}</p>
${formMarkup({ ...context, account: name, fields: [password], submit: say('sign-in.submit') })}
<p><a class="second-link" href="${realmPath}/protocol/openid-connect/logout">${say('sign-in.other')}</a></p>`;
  return { title: say('sign-in.again'), isFault: isWrong, body };
}

export function changePasswordPage(context: FormContext, why: 'change.first' | 'change.wanted', account: string): PageContent {
  const { say, fault } = context;
  const isWrong = fault !== undefined;
  const field = (name: string, label: MessageKey, isFirst: boolean) => ({
    name,
    label: say(label),
    type: 'password' as const,
    autocomplete: 'new-password',
    isFirst,
    isWrong,
    ...(isFirst ? { hint: say('change.hint') } : {}),
  });
  const fields = [field('password', 'change.new', true), field('repeat', 'change.repeat', false)];
  const body = html`<p>${say(why)}</p>${formMarkup({ ...context, account, fields, submit: say('change.submit') })}`;
  return { title: say('change.title'), isFault: isWrong, body };
}

function codeField({ say, fault }: FormContext) {
  return {
    name: 'code',
    label: say('totp.code'),
    type: 'text' as const,
    autocomplete: 'one-time-code',
    inputMode: 'numeric' as const,
    isFirst: true,
    isWrong: fault !== undefined,
  };
}

export function enrolTotpPage(context: FormContext, secret: string, uri: string): PageContent {
  const { say, fault } = context;
  const spelled = secret.replaceAll(/(.{4})(?=.)/g, '$1 ');
  const body = html`<p>${say('enrol.text')}</p>
${qrCodeMarkup(uri, say('enrol.qr'))}
<p>${say('enrol.key')} <span class="key">${spelled}</span></p>
${formMarkup({ ...context, fields: [codeField(context)], submit: say('enrol.submit') })}`;
  return { title: say('enrol.title'), isFault: fault !== undefined, body };
}

export function totpPage(context: FormContext): PageContent {
  const { say, fault } = context;
  const body = html`<p>${say('totp.text')}</p>${formMarkup({ ...context, fields: [codeField(context)], submit: say('totp.submit') })}`;
  return { title: say('totp.title'), isFault: fault !== undefined, body };
}

const SCOPE_MESSAGES: Readonly<Record<string, MessageKey>> = {
  openid: 'consent.openid',
  profile: 'consent.profile',
  email: 'consent.email',
};

export function consentPage(context: FormContext, client: string, scopes: readonly string[]): PageContent {
  const { say } = context;
  const keys = new Set(scopes.map((scope) => SCOPE_MESSAGES[scope] ?? 'consent.organization'));
  const body = html`<p>${say('consent.text', { client })}</p>
<ul>${[...keys].map((key) => html`<li>${say(key)}</li>`)}</ul>
${formMarkup({ ...context, fields: [], submit: say('consent.allow'), other: { value: 'deny', label: say('consent.deny') } })}`;
  return { title: say('consent.title', { client }), body };
}

export interface InvitationFacts {
  readonly organization: string;
  readonly email: string;
}

/** For somebody who has no account yet. */
export function newMemberPage(context: FormContext, facts: InvitationFacts, typed: Readonly<Record<string, string>>): PageContent {
  const { say, fault } = context;
  const text = (name: string, label: MessageKey, autocomplete: string, hint?: MessageKey) => ({
    name,
    label: say(label),
    type: 'text' as const,
    autocomplete,
    value: typed[name] ?? '',
    ...(hint === undefined ? {} : { hint: say(hint) }),
  });
  const secret = (name: string, label: MessageKey, hint?: MessageKey) => ({
    ...text(name, label, 'new-password', hint),
    type: 'password' as const,
    value: '',
  });
  const fields = [
    text('lastName', 'invitation.last-name', 'family-name'),
    text('firstName', 'invitation.first-name', 'given-name'),
    text('username', 'invitation.username', 'username', 'invitation.username-hint'),
    secret('password', 'change.new', 'change.hint'),
    secret('repeat', 'change.repeat'),
  ];
  const body = html`<p>${say('invitation.new', { ...facts })}</p>
${formMarkup({ ...context, fields, submit: say('invitation.submit') })}`;
  return { title: say('invitation.title', { organization: facts.organization }), isFault: fault !== undefined, body };
}

/** For somebody who has an account with the invited address. */
export function knownMemberPage(context: FormContext, facts: InvitationFacts): PageContent {
  const { say, fault } = context;
  const isWrong = fault !== undefined;
  const password = {
    name: 'password',
    label: say('sign-in.password'),
    type: 'password' as const,
    autocomplete: 'current-password',
    isFirst: true,
    isWrong,
  };
  const body = html`<p>${say('invitation.known', { ...facts })}</p>
${formMarkup({ ...context, account: facts.email, fields: [password], submit: say('invitation.submit') })}`;
  return { title: say('invitation.title', { organization: facts.organization }), isFault: isWrong, body };
}

/** A page that says one thing and leads to the console. */
export function noticePage({ say }: PageContext, title: string, text: string, link: MessageKey): PageContent {
  return { title, body: html`<p>${text}</p><p><a class="button" href="/">${say(link)}</a></p>` };
}

export function faultPage(context: PageContext, text: string): PageContent {
  const { say } = context;
  return { ...noticePage(context, say('fault.title'), text, 'fault.console'), isFault: true };
}

/** @param form the provider's own form, with its token; the buttons belong to it by its id. */
export function signOutPage({ say }: PageContext, form: string): PageContent {
  const body = html`<p>${say('sign-out.text')}</p>${new Html(form)}
<div class="buttons">
<button type="submit" form="op.logoutForm" name="logout" value="yes">${say('sign-out.yes')}</button>
<a class="second-link" href="/">${say('sign-out.no')}</a>
</div>`;
  return { title: say('sign-out.title'), body };
}
