import { chmod, mkdir } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { Provider } from 'oidc-provider';
import { createAdminRest } from './admin/admin-rest.ts';
import { CONSOLE, MAILBOX_ROUTE, OPERATOR } from './admin/admin-routes.ts';
import { faultFacts } from './http/exchange.ts';
import { createFormTokens } from './http/form-token.ts';
import type { IdentityLog } from './identity-log.ts';
import { HOUSEKEEPING_INTERVAL_MS } from './limits.ts';
import { createPasswordHasher, type PasswordHasher, type ScryptCost } from './password/password-hash.ts';
import { createArtifacts } from './provider/artifacts.ts';
import {
  type FixedOrServiceClient,
  type ForeignClient,
  findLiveUser,
  type ProviderParts,
  serviceClientMetadata,
} from './provider/configuration.ts';
import { createProvider } from './provider/provider.ts';
import { createProviderPages } from './provider/provider-pages.ts';
import { createRealmPages } from './realm-pages.ts';
import { createFailureCounter } from './sign-in/failure-counter.ts';
import { createInvitationPages } from './sign-in/invitation-pages.ts';
import { createPeople } from './sign-in/people.ts';
import { createSignInPages } from './sign-in/sign-in-pages.ts';
import { lockFolder } from './store/folder-lock.ts';
import { type IdentityKeys, openIdentityKeys, type PublicKey, publicPartOf } from './store/identity-keys.ts';
import { type Journal, openJournal } from './store/journal.ts';
import { seedState } from './store/seed.ts';
import { openUsersFile, type UsersFile } from './store/users-file.ts';

export interface LocalIdentityOptions {
  /** Origin that browsers see, without a path: `https://console.city`, `http://127.0.0.1:8080`. */
  readonly origin: string;
  /** Folder on a volume: users, keys, sessions. Made when missing; of one process at a time. */
  readonly folder: string;
  /** The list of first users (see README); read only while there is no users file. */
  readonly readSeed: () => Promise<string>;
  /** Secrets of the clients that are set up from outside. */
  readonly clientSecrets: { readonly operator: string; readonly console: string };
  /** Exact paths to which the console lets people return. */
  readonly consoleRedirectPaths?: readonly string[];
  readonly foreignClients?: readonly ForeignClient[];
  readonly log: IdentityLog;
  /** Milliseconds since 1970; the provider's own tokens go by the machine's clock. */
  readonly nowUnixMs?: () => number;
  /** Address that failures are counted by; behind a proxy the one it names. */
  readonly addressOf?: (req: IncomingMessage) => string;
  readonly passwordCost?: ScryptCost;
}

export interface LocalIdentity {
  /** `<origin>/realms/city` */
  readonly issuer: string;
  /** Answers what is ours: below `/realms/city`, `/admin/realms/city`, and the mailbox. @returns false for any other path. */
  readonly handle: (req: IncomingMessage, res: ServerResponse) => Promise<boolean>;
  /** The public keys that tokens verify with, for a verifier in the same process. */
  readonly jwks: () => { readonly keys: PublicKey[] };
  /** Forgets what has expired and rotates keys that are due; done every minute by itself. */
  readonly housekeep: () => Promise<void>;
  readonly close: () => Promise<void>;
}

const REALM_PATH = '/realms/city';
const ADMIN_PATH = '/admin/realms/city';
const CONSOLE_REDIRECT_PATHS = ['/', '/silent-check-sso.html'];
const FOLDER_MODE = 0o700;

interface Stores {
  readonly users: UsersFile;
  readonly keys: IdentityKeys;
  readonly journal: Journal;
  readonly hasher: PasswordHasher;
  readonly nowUnixS: () => number;
  readonly unlock: () => Promise<void>;
}

async function openStores(options: LocalIdentityOptions): Promise<Stores> {
  const { folder, nowUnixMs = Date.now } = options;
  const nowUnixS = (): number => Math.floor(nowUnixMs() / 1000);
  await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
  await chmod(folder, FOLDER_MODE);
  const unlock = await lockFolder(folder);
  try {
    const hasher = createPasswordHasher(options.passwordCost);
    const users = await openUsersFile(join(folder, 'users.json'));
    if (users.isNew) {
      const first = await seedState(await options.readSeed(), hasher);
      await users.change(() => ({ ok: true, state: first, value: undefined }));
      options.log.info({ users: first.users.length }, 'identity-users-made');
    }
    const keys = await openIdentityKeys(join(folder, 'keys.json'), nowUnixS);
    const journal = await openJournal(join(folder, 'sessions.log'), nowUnixS);
    if (journal.wasBroken) options.log.warn({}, 'identity-sessions-broken');
    return { users, keys, journal, hasher, nowUnixS, unlock };
  } catch (cause) {
    await unlock();
    throw cause;
  }
}

function clientFinder({ users }: Stores, secrets: LocalIdentityOptions['clientSecrets']) {
  const fixed = new Map([
    [OPERATOR, secrets.operator],
    [CONSOLE, secrets.console],
  ]);
  return (clientId: string): FixedOrServiceClient | undefined => {
    const secret = fixed.get(clientId);
    if (secret !== undefined) return { clientId, secret, agencyClient: undefined };
    const agencyClient = users.state().clients.find((client) => client.clientId === clientId && client.isEnabled);
    return agencyClient === undefined ? undefined : { clientId, secret: agencyClient.secret, agencyClient };
  };
}

function providerParts(options: LocalIdentityOptions, stores: Stores): ProviderParts {
  const { users, journal, nowUnixS } = stores;
  const findServiceClient = clientFinder(stores, options.clientSecrets);
  const adapter = createArtifacts({
    journal,
    nowUnixS,
    findClient: (clientId) => {
      const found = findServiceClient(clientId);
      return found === undefined ? undefined : serviceClientMetadata(found);
    },
    isSessionLive: ({ accountId, loginTs }) => findLiveUser(users.state(), accountId ?? '', loginTs) !== undefined,
  });
  return {
    origin: options.origin,
    realmPath: REALM_PATH,
    consoleRedirectPaths: options.consoleRedirectPaths ?? CONSOLE_REDIRECT_PATHS,
    foreignClients: options.foreignClients ?? [],
    keys: stores.keys,
    state: users.state,
    findServiceClient,
    adapter,
    pages: createProviderPages(REALM_PATH, options.origin),
  };
}

function checkOptions({ origin, clientSecrets }: LocalIdentityOptions): void {
  if (new URL(origin).origin !== origin) throw new TypeError(`origin ${origin} is no origin: scheme, host and port only`);
  if (Math.min(clientSecrets.operator.length, clientSecrets.console.length) === 0) throw new TypeError('a client secret is empty');
}

/** Everything that answers requests, over stores that are open. */
function createHandlers(options: LocalIdentityOptions, stores: Stores, provider: () => Provider) {
  const { users, keys, hasher, nowUnixS } = stores;
  const { origin, log, addressOf = (req: IncomingMessage) => req.socket.remoteAddress ?? '' } = options;
  const issuer = `${origin}${REALM_PATH}`;
  const failures = createFailureCounter(options.nowUnixMs ?? Date.now);
  const people = createPeople({ users, hasher, failures, nowUnixS });
  const tokens = createFormTokens({ secret: keys.cookieSecret, origin, path: REALM_PATH });
  const shared = { people, tokens, realmPath: REALM_PATH, addressOf, log };
  const realm = createRealmPages({
    provider,
    realmPath: REALM_PATH,
    origin,
    issuer,
    keys,
    users,
    signIn: createSignInPages({ ...shared, provider }),
    invitations: createInvitationPages({ ...shared, users, hasher, nowUnixS }),
    log,
  });
  const admin = createAdminRest({
    log,
    users,
    keys,
    nowUnixS,
    issuer,
    origin,
    adminPath: ADMIN_PATH,
    realmUrl: issuer,
    reserved: [OPERATOR, CONSOLE],
  });
  return { realm, admin };
}

/**
 * The identity provider of one city on one machine: people sign in here, the console's tokens come from here, and the operator keeps
 * organizations and clients here, all as with Keycloak.
 *
 * @throws LocalIdentityFault when the folder is taken, a file of it is broken, or the first users cannot be read.
 */
export async function createLocalIdentity(options: LocalIdentityOptions): Promise<LocalIdentity> {
  checkOptions(options);
  const stores = await openStores(options);
  const { keys, journal } = stores;
  const parts = providerParts(options, stores);
  let provider = createProvider(parts, options.log);
  const { realm, admin } = createHandlers(options, stores, () => provider);
  const housekeep = async (): Promise<void> => {
    await journal.purge();
    if (!(await keys.rotateIfDue())) return;
    provider = createProvider(parts, options.log);
    options.log.info({}, 'identity-key-rotated');
  };
  const timer = setInterval(() => {
    housekeep().catch((cause: unknown) => options.log.warn(faultFacts(cause), 'identity-housekeeping-failed'));
  }, HOUSEKEEPING_INTERVAL_MS);
  timer.unref();

  return {
    issuer: `${options.origin}${REALM_PATH}`,
    handle: async (req, res) => {
      const url = URL.parse(req.url ?? '/', options.origin);
      if (url === null || url.origin !== options.origin) return false;
      const isRealm = url.pathname.startsWith(`${REALM_PATH}/`);
      const isAdmin = url.pathname.startsWith(`${ADMIN_PATH}/`) || url.pathname === MAILBOX_ROUTE;
      if (isRealm) await realm.answer({ req, res, url });
      else if (isAdmin) await admin.answer(req, res, url);
      return isRealm || isAdmin;
    },
    housekeep,
    jwks: () => ({ keys: keys.signing().map(publicPartOf) }),
    close: async () => {
      clearInterval(timer);
      await journal.close();
      await stores.unlock();
    },
  };
}
