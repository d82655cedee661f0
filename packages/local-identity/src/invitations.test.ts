import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { claimsOf, makePkce } from './testing/browser.ts';
import { City, PASSWORD } from './testing/city.ts';

interface Mail {
  readonly to: string;
  readonly link: string;
  readonly organization: string;
  readonly sentAtUnixS: number;
  readonly expiresAtUnixS: number;
}

describe('invitations', () => {
  let city: City;
  let bearer: string;
  let organizationId: string;
  const clock = { ms: Date.now() };
  beforeAll(async () => {
    city = await City.start({ nowUnixMs: () => clock.ms });
    await city.firstSignIn(city.browser(), 'li.na', 'one-time-password-1');
  });
  beforeEach(async () => {
    bearer = await city.bearerOf('console');
    const [row] = (await (await city.admin(bearer, 'GET', '/organizations')).json()) as { id: string }[];
    organizationId = row?.id ?? '';
  });
  afterAll(() => city.stop());

  const invite = (email: string, firstName = '', lastName = ''): Promise<Response> =>
    fetch(`${city.origin}/admin/realms/city/organizations/${organizationId}/members/invite-user`, {
      method: 'POST',
      headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ email, firstName, lastName }).toString(),
    });
  const mailbox = async (): Promise<readonly Mail[]> =>
    (await (await fetch(`${city.origin}/local-identity/mailbox`, { headers: { authorization: `Bearer ${bearer}` } })).json()) as Mail[];
  const linkTo = async (email: string): Promise<string> => (await mailbox()).find(({ to }) => to === email)?.link ?? '';
  const NEW = { username: 'new.person', password: PASSWORD, repeat: PASSWORD };

  test('a new person takes one once, becomes a member, and signs in', async () => {
    expect((await invite('New@Hospital.example', '新', '人')).status).toBe(204);
    expect((await invite('new@hospital.example')).status).toBe(409);
    const link = await linkTo('new@hospital.example');
    const browser = city.browser();
    const page = await browser.send(link);
    expect(page.text).toContain('hospital-1 邀请 new@hospital.example 加入');
    const accepted = await browser.submit(page, NEW);
    expect(accepted.text).toContain('您已加入 hospital-1');
    expect((await browser.send(link)).status).toBe(404);
    expect((await browser.submit(page, { ...NEW, username: 'again' })).text).toContain('该邀请无法使用');
    const pkce = makePkce();
    const back = await browser.submit(await browser.send(city.authorizeUrl(pkce)), NEW);
    expect(claimsOf((await city.redeem(back, pkce)).access_token)).toMatchObject({
      name: '人新',
      email: 'new@hospital.example',
      organization: { 'hospital-1': { groups: [] } },
    });
  });

  test('the mailbox tells when it was sent and until when it works', async () => {
    await invite('mail@hospital.example');
    const mail = (await mailbox()).find(({ to }) => to === 'mail@hospital.example');
    expect(mail).toMatchObject({ organization: 'hospital-1' });
    expect((mail?.expiresAtUnixS ?? 0) - (mail?.sentAtUnixS ?? 0)).toBe(12 * 3600);
  });

  test('whoever has an account proves it with the password', async () => {
    await city.admin(await city.bearerOf('operator'), 'POST', '/organizations', { name: 'court-1', alias: 'court-1' });
    const [court] = (await (await city.admin(bearer, 'GET', '/organizations?search=court-1&exact=true')).json()) as { id: string }[];
    organizationId = court?.id ?? '';
    await invite('li.na@hospital.example');
    const browser = city.browser();
    const page = await browser.send(`${await linkTo('li.na@hospital.example')}&lang=en`);
    expect(page.text).toContain('You have an account');
    expect(page.text).not.toContain('name="username"');
    const wrong = await browser.submit(page, { password: 'not the password' });
    expect(wrong.status).toBe(400);
    expect((await browser.submit(wrong, { password: PASSWORD })).text).toContain('You are a member of court-1');
    expect((await invite('li.na@hospital.example')).status).toBe(409);
  });

  test('expire after twelve hours, are sent again with another link, and are withdrawn', async () => {
    await invite('late@hospital.example');
    const first = await linkTo('late@hospital.example');
    clock.ms += 12 * 3600 * 1000 + 1000;
    expect((await city.browser().send(first)).status).toBe(404);
    const path = `/organizations/${organizationId}/invitations`;
    const rows = (await (await city.admin(bearer, 'GET', path)).json()) as { id: string; email: string; status: string }[];
    const row = rows.find(({ email }) => email === 'late@hospital.example');
    expect(row?.status).toBe('EXPIRED');
    expect((await city.admin(bearer, 'POST', `${path}/${row?.id}/resend`)).status).toBe(204);
    const second = await linkTo('late@hospital.example');
    expect(second).not.toBe(first);
    expect((await city.browser().send(first)).status).toBe(404);
    expect((await city.browser().send(second)).status).toBe(200);
    expect((await city.admin(bearer, 'DELETE', `${path}/${row?.id}`)).status).toBe(204);
    expect((await city.browser().send(second)).status).toBe(404);
    expect((await city.admin(bearer, 'DELETE', `${path}/${row?.id}`)).status).toBe(404);
  });

  test.each([
    ['no name', { firstName: '' }, '请填写您的姓和名'],
    ['a user name of another form', { username: 'New Person' }, '用户名格式不符'],
    ['a taken user name', { username: 'li.na' }, '该用户名已被使用'],
    ['a short password', { password: 'short', repeat: 'short' }, '密码太短'],
    ['two passwords', { repeat: 'something else entirely' }, '两次输入的密码不一致'],
    ['a form that is not ours', { form: 'guessed' }, '表单不是从本页面提交的'],
  ])('with %s make nobody a member', async (_name, typed, said) => {
    await invite('careful@hospital.example', 'A', 'B');
    const browser = city.browser();
    const page = await browser.send(await linkTo('careful@hospital.example'));
    expect((await browser.submit(page, { ...NEW, username: 'careful', firstName: 'A', lastName: 'B', ...typed })).text).toContain(said);
    const members = await (await city.admin(bearer, 'GET', `/organizations/${organizationId}/members`)).text();
    expect(members).not.toContain('careful@hospital.example');
  });

  test('two browsers with one link make one member', async () => {
    await invite('twice@hospital.example', 'A', 'B');
    const link = await linkTo('twice@hospital.example');
    const tries = ['twice-1', 'twice-2'].map(async (username) => {
      const browser = city.browser();
      return browser.submit(await browser.send(link), { ...NEW, username });
    });
    const pages = await Promise.all(tries);
    expect(pages.filter(({ status }) => status === 200)).toHaveLength(1);
    const rows = (await (await city.admin(bearer, 'GET', '/users?email=twice@hospital.example&exact=true')).json()) as unknown[];
    expect(rows).toHaveLength(1);
  });
});
