import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectCluster } from '@civitas/cli';
import { secrets } from '@civitas/kube';
import { waitFor } from '@civitas/testkit';
import { PAGE_TIMEOUT_MS } from './chromium.ts';
import { type ConsoleCity, startOwnCity } from './console-city.ts';
import type { Person } from './people.ts';
import { acceptInvitation, walkSignIn } from './sign-in-pages.ts';

/** A city whose people come in by the console's own pages. */
export async function startLocalCity(port: number): Promise<ConsoleCity> {
  const city = await startOwnCity(port);
  const people = new Map<string, Person>();
  return {
    ...city,
    walkSignIn,
    person(username) {
      const known = people.get(username) ?? { username, password: oneTimePassword(city.home, username) };
      people.set(username, known);
      return known;
    },
    async join(page, email, person) {
      await acceptInvitation(page, await invitationLink(city, email), person);
    },
  };
}

function oneTimePassword(home: string, username: string): string {
  const lines = readFileSync(join(home, 'console-users.txt'), 'utf8').split('\n');
  const found = lines.map((line) => line.split('\t')).find(([name]) => name === username)?.[1];
  if (found === undefined) throw new Error(`nobody called ${username} in console-users.txt`);
  return found;
}

async function invitationLink({ home, url }: Pick<ConsoleCity, 'home' | 'url'>, email: string): Promise<string> {
  const secret = await connectCluster(home).get(secrets, { namespace: 'civitas-system', name: 'identity-client-console' });
  const clientSecret = Buffer.from(secret.data?.['clientSecret'] ?? '', 'base64').toString();
  return waitFor('the invitation', async () => (await invitationLinks(url, clientSecret, email))[0], PAGE_TIMEOUT_MS);
}

interface Mail {
  readonly to: string;
  readonly link: string;
}

/** Links of the invitations that are out to an address, as the local identity keeps them instead of sending mail. */
async function invitationLinks(url: string, clientSecret: string, email: string): Promise<readonly string[]> {
  const credentials = Buffer.from(`civitas-console:${clientSecret}`).toString('base64');
  const asked = await fetch(`${url}/realms/city/protocol/openid-connect/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${credentials}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  });
  const { access_token: token } = (await asked.json()) as { readonly access_token: string };
  const answer = await fetch(`${url}/local-identity/mailbox`, { headers: { authorization: `Bearer ${token}` } });
  return ((await answer.json()) as readonly Mail[]).filter(({ to }) => to === email).map(({ link }) => link);
}
