import { describe, expect, test } from '@jest/globals';
import { html } from './html.ts';
import { LANGUAGES, type Language, languageOf, sayIn } from './language.ts';
import { pageContext, renderPage } from './layout.ts';
import { EN, type MessageKey } from './messages/en.ts';
import { ZH_CN } from './messages/zh-cn.ts';
import {
  changePasswordPage,
  consentPage,
  enrolTotpPage,
  type FormContext,
  faultPage,
  knownMemberPage,
  newMemberPage,
  noticePage,
  signInAgainPage,
  signInPage,
  signOutPage,
  totpPage,
} from './pages.ts';

const FACTS = { organization: '第一人民医院', email: 'a@b.cn' };
const PAGES: readonly (readonly [string, (context: FormContext) => ReturnType<typeof signInPage>])[] = [
  ['sign-in', (context) => signInPage(context, '')],
  ['sign-in again', (context) => signInAgainPage(context, '李')],
  ['first password', (context) => changePasswordPage(context, 'change.first', '李')],
  ['enrolment', (context) => enrolTotpPage(context, 'ABCD2345', 'otpauth://totp/x')],
  ['code', totpPage],
  ['consent', (context) => consentPage(context, '报表', ['openid', 'profile', 'email', 'organization:*'])],
  ['new member', (context) => newMemberPage(context, FACTS, {})],
  ['known member', (context) => knownMemberPage(context, FACTS)],
  ['notice', (context) => noticePage(context, context.say('signed-out.title'), context.say('signed-out.text'), 'signed-out.again')],
  ['fault', (context) => faultPage(context, context.say('fault.expired'))],
  ['sign-out', (context) => signOutPage(context, '<form id="op.logoutForm"></form>')],
];
const contextIn = (language: Language, fault?: string): FormContext => ({
  ...pageContext(language, '/realms/city', '/x?lang=en'),
  action: '/x',
  token: 't',
  fault,
});
// Names that are the same in every language.
const NAMES = /Civitas|Keycloak|Cookie|English|ABCD 2345|a@b\.cn/g;

describe('pages', () => {
  test.each(PAGES)('%s has no stray English in Chinese, and no Chinese in English but the names', (_name, page) => {
    for (const fault of [undefined, 'sign-in.wrong'] as const) {
      const zh = contextIn('zh-CN', fault === undefined ? undefined : sayIn('zh-CN')(fault));
      const chinese = renderPage(zh, page(zh))
        .replaceAll(/<[^>]+>/g, ' ')
        .replaceAll(NAMES, ' ');
      expect(chinese.match(/[A-Za-z]{3,}/g) ?? []).toEqual([]);
    }
    const en = contextIn('en');
    const english = renderPage(en, page(en)).replaceAll(/<[^>]+>/g, ' ');
    expect(english.replaceAll(/中文|第一人民医院|李|报表/g, '').match(/\p{Script=Han}/gu) ?? []).toEqual([]);
  });

  test.each(PAGES)('%s labels each field, names its language, says one heading and carries the banner', (_name, page) => {
    for (const language of LANGUAGES) {
      const context = contextIn(language, 'fault');
      const text = renderPage(context, page(context));
      const ids = [...text.matchAll(/<input id="([^"]+)"/g)].map((match) => match[1]);
      for (const id of ids) expect(text).toContain(`<label for="${id}">`);
      expect(text).toContain(`<html lang="${language}">`);
      expect(text.match(/<h1>/g)).toHaveLength(1);
      expect(text).toContain(sayIn(language)('banner'));
      const described = [...text.matchAll(/aria-describedby="([^"]+)"/g)].flatMap((match) => match[1]?.split(' ') ?? []);
      for (const id of described) expect(text).toContain(`id="${id}"`);
    }
  });

  test('both languages have every message, with the same values', () => {
    const valuesOf = (text: string): readonly string[] => (text.match(/\{\w+\}/g) ?? []).sort();
    for (const key of Object.keys(EN) as MessageKey[]) expect([key, valuesOf(ZH_CN[key])]).toEqual([key, valuesOf(EN[key])]);
    expect(Object.keys(ZH_CN).sort()).toEqual(Object.keys(EN).sort());
  });

  test('values are escaped, markup is not twice', () => {
    expect(html`<p title="${'"\'<&>'}">${html`<b>${'<i>'}</b>`}</p>`.text).toBe('<p title="&quot;&#39;&lt;&amp;&gt;"><b>&lt;i&gt;</b></p>');
  });

  test.each([
    [[undefined, 'en-GB,en;q=0.9'], 'en'],
    [['fr', 'zh-TW'], 'zh-CN'],
    [['en', 'zh-CN'], 'en'],
    [['zz;q=1, EN-us'], 'en'],
    [[undefined], 'zh-CN'],
  ])('wishes %j are answered in %s', (wishes, language) => {
    expect(languageOf(wishes)).toBe(language);
  });
});
