import { createKeycloakDirectory, type IdentityDirectory } from '@civitas/identity';
import { type Clock, configMaps, type KubeClient, secrets } from '@civitas/kube';
import { IDENTITY_CREDENTIALS, IDENTITY_SETTINGS } from '../../core/desired/identity-objects.ts';
import { SYSTEM_NAMESPACE } from '../../core/desired/names.ts';
import { SETTINGS_AGE_MS_MAX } from './limits.ts';

/** Where the identity provider is and who we are to it. */
export interface IdentitySettings {
  readonly url: string;
  readonly realm: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

/** The provider as its settings name it. */
export interface IdentityProvider {
  readonly issuer: string;
  readonly directory: IdentityDirectory;
}

export type OpenDirectory = (settings: IdentitySettings) => IdentityDirectory;

export interface IdentityProviders {
  /**
   * @returns Undefined where none is installed: no ConfigMap `civitas-identity`.
   * @throws SettingsInvalid
   */
  current(): Promise<IdentityProvider | undefined>;
}

/** The settings say something that cannot be worked with. */
export class SettingsInvalid extends Error {
  override readonly name = 'SettingsInvalid';
}

export function openKeycloak(clock: Clock): OpenDirectory {
  return ({ url, realm, clientId, clientSecret }) =>
    createKeycloakDirectory({ url, realm, clock, credentials: () => ({ clientId, clientSecret }) });
}

/** Reads the settings anew once they are old; the directory, with its token, lasts as long as they stay the same. */
export function createIdentityProviders(client: KubeClient, clock: Clock, open: OpenDirectory): IdentityProviders {
  let readMs = Number.NEGATIVE_INFINITY;
  let settings: IdentitySettings | undefined;
  let provider: IdentityProvider | undefined;
  return {
    async current() {
      if (clock.monotonicMs() - readMs < SETTINGS_AGE_MS_MAX) return provider;
      const read = await readSettings(client);
      if (JSON.stringify(read) !== JSON.stringify(settings)) {
        settings = read;
        provider = read === undefined ? undefined : { issuer: `${read.url}/realms/${read.realm}`, directory: open(read) };
      }
      readMs = clock.monotonicMs();
      return provider;
    },
  };
}

async function readSettings(client: KubeClient): Promise<IdentitySettings | undefined> {
  const found = await client.find(configMaps, { namespace: SYSTEM_NAMESPACE, name: IDENTITY_SETTINGS });
  if (found === undefined) return undefined;
  const { url = '', realm = '' } = found.data ?? {};
  if (!isBaseUrl(url))
    throw new SettingsInvalid(`ConfigMap ${IDENTITY_SETTINGS}: url: an http or https address without a slash at its end`);
  if (!/^[a-z0-9][-a-z0-9]{0,62}$/.test(realm)) throw new SettingsInvalid(`ConfigMap ${IDENTITY_SETTINGS}: realm: the name of a realm`);
  const secret = await client.find(secrets, { namespace: SYSTEM_NAMESPACE, name: IDENTITY_CREDENTIALS });
  const text = (field: string): string => Buffer.from(secret?.data?.[field] ?? '', 'base64').toString('utf8');
  const [clientId, clientSecret] = [text('clientId'), text('clientSecret')];
  if (clientId === '' || clientSecret === '')
    throw new SettingsInvalid(`Secret ${IDENTITY_CREDENTIALS}: clientId and clientSecret of the operator at the identity provider`);
  return { url, realm, clientId, clientSecret };
}

function isBaseUrl(text: string): boolean {
  try {
    const { protocol, username, password, search, hash } = new URL(text);
    return /^https?:$/.test(protocol) && [username, password, search, hash].every((part) => part === '') && !text.endsWith('/');
  } catch {
    return false;
  }
}
