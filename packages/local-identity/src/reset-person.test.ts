import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { resetPerson } from './reset-person.ts';
import { makePkce } from './testing/browser.ts';
import { City, PASSWORD } from './testing/city.ts';

let city: City;
beforeEach(async () => {
  city = await City.start();
});
afterEach(() => city.stop());

test('who lost the password gets a one-time one, chooses another, and nothing of before works', async () => {
  const { page, pkce } = await city.firstSignIn(city.browser(), 'li.na', 'one-time-password-1');
  const tokens = await city.redeem(page, pkce);
  const later = Math.floor(Date.now() / 1000) + 1;
  await expect(resetPerson(city.folder, 'li.na', later)).rejects.toMatchObject({ code: 'IDENTITY_FOLDER_TAKEN' });
  await city.shut();
  expect(await resetPerson(city.folder, 'nobody', later)).toBeUndefined();
  const oneTime = (await resetPerson(city.folder, 'Li.Na@hospital.example', later)) ?? '';
  await city.open();
  expect((await city.refresh(tokens.refresh_token)).status).toBe(400);
  const browser = city.browser();
  const signIn = await browser.send(city.authorizeUrl(makePkce()));
  expect((await browser.submit(signIn, { username: 'li.na', password: PASSWORD })).text).toContain('密码不正确');
  expect((await browser.submit(signIn, { username: 'li.na', password: oneTime })).text).toContain('设置新密码');
});
