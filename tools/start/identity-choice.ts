import { readFileSync, statSync } from 'node:fs';
import { parse as parseYaml } from 'yaml';
import { StartRefused } from './start-refused.ts';

/** Whose people the city believes. Chosen at the first start of a home, for good: to its nodes, people of another issuer are other people. */
export type IdentityChoice =
  | { readonly profile: 'local' }
  | {
      readonly profile: 'keycloak';
      /** Below it are `/realms` and `/admin`. */
      readonly url: string;
      readonly realm: string;
      /** Origin at which browsers reach the console, where something leads to it; its own address otherwise. */
      readonly consoleUrl?: string;
    };

/** Secrets of our two clients in the realm. */
export interface ClientSecrets {
  readonly operator: string;
  readonly console: string;
}

/** The choice in force for this start; secrets where they were given with it, else those stand that an earlier start was given. */
export interface ChosenIdentity {
  readonly choice: IdentityChoice;
  readonly secrets?: ClientSecrets;
}

/** What a home remembers of its first start. */
interface Birth {
  readonly sampleAppliedAt: string | null;
  /** A home of an earlier release has none, and people of its own. */
  readonly identity?: IdentityChoice;
}

const FIELDS: readonly string[] = ['url', 'realm', 'operatorSecret', 'consoleSecret', 'consoleUrl'];
const REALM = /^[a-z0-9][-a-z0-9]{0,62}$/;
const SECRET = /^\S{1,512}$/;
const LOOPBACK = /^(127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\]|localhost)$/;
/** Group and others. */
const FOREIGN_RIGHTS = 0o077;

/**
 * @param path What `--keycloak` names.
 * @throws StartRefused IDENTITY_CHOSEN when the home was born with other people, BAD_ARGUMENT for a file that cannot be gone by.
 */
export function identityChoice(path: string | undefined, record: Birth): ChosenIdentity {
  const asked = path === undefined ? undefined : readKeycloakFile(path);
  const isBorn = record.sampleAppliedAt !== null;
  const held = record.identity ?? { profile: 'local' };
  if (asked === undefined) return { choice: isBorn ? held : { profile: 'local' } };
  if (!isBorn || issuerOf(held) === issuerOf(asked.choice)) return asked;
  throw new StartRefused(
    'IDENTITY_CHOSEN',
    `this city was born with people of ${issuerOf(held) ?? 'its own console'}; asked for now: ${issuerOf(asked.choice)}.\n` +
      'Its nodes know people by their issuer: leave the option out, or give the other city a home of its own: CIVITAS_HOME=/some/where npm start',
  );
}

function issuerOf(choice: IdentityChoice): string | undefined {
  return choice.profile === 'local' ? undefined : `${choice.url}/realms/${choice.realm}`;
}

function readKeycloakFile(path: string): ChosenIdentity {
  const refused = (what: string): StartRefused => new StartRefused('BAD_ARGUMENT', `--keycloak ${path}: ${what}`);
  let fields: Readonly<Record<string, unknown>> | null;
  try {
    if ((statSync(path).mode & FOREIGN_RIGHTS) !== 0) throw refused('it holds secrets and others may read it; chmod 600');
    fields = parseYaml(readFileSync(path, 'utf8')) as typeof fields;
  } catch (error) {
    if (error instanceof StartRefused) throw error;
    throw refused(error instanceof Error ? error.message : String(error));
  }
  if (fields === null || typeof fields !== 'object') throw refused(`fields are expected: ${FIELDS.join(', ')}`);
  const stray = Object.keys(fields).find((name) => !FIELDS.includes(name));
  if (stray !== undefined) throw refused(`there is no field '${stray}'; there are ${FIELDS.join(', ')}`);
  const checked = (name: string, isRight: (text: string) => boolean, expected: string): string => {
    const text = fields[name];
    if (typeof text === 'string' && isRight(text)) return text;
    throw refused(`${name}: ${expected}`);
  };
  const url = checked('url', isSafeAddress, 'https, or http on a loopback address, without a slash at its end');
  const realm = checked('realm', (text) => REALM.test(text), 'the name of a realm');
  const secretOf = (name: string): string => checked(name, (text) => SECRET.test(text), 'the secret of that client in the realm');
  const secrets = { operator: secretOf('operatorSecret'), console: secretOf('consoleSecret') };
  if (fields['consoleUrl'] === undefined) return { choice: { profile: 'keycloak', url, realm }, secrets };
  const isOrigin = (text: string): boolean => isSafeAddress(text) && new URL(text).origin === text;
  const consoleUrl = checked('consoleUrl', isOrigin, 'scheme, host and port alone; https, or http on a loopback address');
  return { choice: { profile: 'keycloak', url, realm, consoleUrl }, secrets };
}

/** Passwords and tokens go there: nothing on the way may read them. */
function isSafeAddress(text: string): boolean {
  if (!URL.canParse(text) || text.endsWith('/')) return false;
  const { protocol, hostname, username, password, search, hash } = new URL(text);
  if ([username, password, search, hash].some((part) => part !== '')) return false;
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.test(hostname));
}
