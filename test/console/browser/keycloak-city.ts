import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectCluster } from '@civitas/cli';
import { services } from '@civitas/kube';
import { createKeycloakProfile } from '../contract/keycloak-profile.ts';
import type { KeycloakFacts } from '../keycloak/keycloak-facts.ts';
import { type ConsoleCity, startOwnCity } from './console-city.ts';
import { openFrontDoor } from './front-door.ts';
import { walkKeycloak } from './keycloak-pages.ts';
import { allowOrigin, introduceSamplePeople } from './keycloak-people.ts';

/**
 * A city whose people come in by a Keycloak. Its console is reached beside that, at an address of the same site: silent sign-ins need it,
 * as they do where a reverse proxy leads to both.
 */
export async function startKeycloakCity(port: number, keycloak: KeycloakFacts): Promise<ConsoleCity> {
  const door = await openFrontDoor();
  const forbidOrigin = await allowOrigin(keycloak, door.url);
  const city = await startOwnCity(port, (home) => ['--keycloak', writeChoice(home, keycloak, door.url)]);
  const stop = async (): Promise<void> => {
    await door.close();
    await city.stop();
    await forbidOrigin();
  };
  try {
    door.leadTo(await consoleOrigin(city.home));
    const people = await introduceSamplePeople(keycloak);
    const mail = createKeycloakProfile(keycloak);
    return {
      ...city,
      walkSignIn: (page, person) => walkKeycloak(page, city.url, person),
      person(username) {
        const known = people.get(username);
        if (known === undefined) throw new Error(`nobody called ${username} in samples/users.yaml`);
        return known;
      },
      async join(_page, email, person) {
        const [link = ''] = await mail.invitationLinks(email);
        await mail.accept(link, { ...person, email });
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What `--keycloak` reads. @returns its path. */
function writeChoice(home: string, { url, realm, operatorSecret, consoleSecret }: KeycloakFacts, consoleUrl: string): string {
  const path = join(home, 'keycloak.yaml');
  const fields = Object.entries({ url, realm, operatorSecret, consoleSecret, consoleUrl });
  writeFileSync(path, fields.map(([name, text]) => `${name}: ${JSON.stringify(text)}\n`).join(''), { mode: 0o600 });
  return path;
}

/** The console's own address on this machine. */
async function consoleOrigin(home: string): Promise<string> {
  const { spec } = await connectCluster(home).get(services, { namespace: 'civitas-system', name: 'civitas-console' });
  return `http://${spec?.clusterIP}:${spec?.ports?.[0]?.port}`;
}
