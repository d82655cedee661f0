import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { makePkce } from './testing/browser.ts';
import { City } from './testing/city.ts';

const ORIGIN = 'https://console.city.example';
let city: City;
beforeAll(async () => {
  city = await City.start();
  await city.shut();
  await city.open({ origin: ORIGIN });
});
afterAll(() => city.stop());

test('behind TLS the provider speaks of itself as browsers see it, and its cookies are for TLS alone', async () => {
  const discovery = await fetch(city.realm('/.well-known/openid-configuration'));
  expect(await discovery.json()).toMatchObject({
    issuer: `${ORIGIN}/realms/city`,
    token_endpoint: `${ORIGIN}/realms/city/protocol/openid-connect/token`,
  });
  const answer = await fetch(city.authorizeUrl(makePkce(), { redirect_uri: `${ORIGIN}/` }), { redirect: 'manual' });
  expect(answer.status).toBe(303);
  expect(answer.headers.getSetCookie().length).toBeGreaterThan(0);
  for (const cookie of answer.headers.getSetCookie()) expect(cookie).toMatch(/; secure/i);
});

test('an origin with a path, or an empty secret, is a bug of the host', async () => {
  await city.shut();
  await expect(city.open({ origin: `${ORIGIN}/console` })).rejects.toThrow('is no origin');
  await expect(city.open({ clientSecrets: { operator: '', console: 'x' } })).rejects.toThrow('secret is empty');
});
