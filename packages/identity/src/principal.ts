import { type Result, refuse } from '@civitas/canon';
import { ID_CHARS_MAX, NAME_CHARS_MAX, STEP_UP_S_MAX, TOKEN_LIST_MAX, TOKEN_ORGANIZATIONS_MAX } from './limits.ts';
import { type AgencyRole, ALIAS, isAgencyRole, isPlatformRole, PLATFORM_ADMIN } from './role.ts';

/** Level of a sign-in: 1 a password, 2 a second factor too; 0 anything else. */
export type Acr = '0' | '1' | '2';

/** Who a request comes from, and what they may be in which agency. */
export interface Principal {
  readonly sub: string;
  /** To show; never to decide by. */
  readonly name: string;
  readonly platformRoles: readonly string[];
  /** Roles by agency; without prototype, so that no alias finds what is not there. An agency without roles is a membership alone. */
  readonly organizations: Readonly<Record<string, readonly AgencyRole[]>>;
  readonly acr: Acr;
  /** When they signed in; 0 where the token does not say, which is never fresh. */
  readonly authTimeUnixS: number;
  /** Client that the token was made for. */
  readonly azp: string;
}

type Claims = Readonly<Record<string, unknown>>;

const isRecord = (value: unknown): value is Claims => typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value: unknown, charsMax: number): value is string =>
  typeof value === 'string' && value.length > 0 && value.length <= charsMax;

/**
 * Who the claims of a verified access token speak of. What is not understood gives less: unknown roles and groups are dropped.
 *
 * @param claims Payload of a token whose signature, issuer, audience and time hold.
 * @returns TOKEN_CLAIMS with the claim that is missing or has another form.
 */
export function principalOf(claims: unknown): Result<Principal> {
  if (!isRecord(claims)) return refuse('TOKEN_CLAIMS', { claim: '' });
  const { sub, azp, acr, auth_time: authTime, realm_access: realmAccess, organization } = claims;
  if (!isText(sub, ID_CHARS_MAX)) return refuse('TOKEN_CLAIMS', { claim: 'sub' });
  if (!isText(azp, ID_CHARS_MAX)) return refuse('TOKEN_CLAIMS', { claim: 'azp' });
  if (acr !== undefined && typeof acr !== 'string') return refuse('TOKEN_CLAIMS', { claim: 'acr' });
  if (authTime !== undefined && !(typeof authTime === 'number' && Number.isSafeInteger(authTime) && authTime >= 0))
    return refuse('TOKEN_CLAIMS', { claim: 'auth_time' });
  const platformRoles = platformRolesOf(realmAccess);
  if (platformRoles === undefined) return refuse('TOKEN_CLAIMS', { claim: 'realm_access' });
  const organizations = organizationsOf(organization);
  if (organizations === undefined) return refuse('TOKEN_CLAIMS', { claim: 'organization' });
  return {
    ok: true,
    value: {
      sub,
      name: nameOf(claims, sub),
      platformRoles,
      organizations,
      acr: acr === '1' || acr === '2' ? acr : '0',
      authTimeUnixS: authTime ?? 0,
      azp,
    },
  };
}

/** Roles of a principal in an agency; none where they are no member. */
export function rolesIn({ organizations }: Principal, alias: string): readonly AgencyRole[] {
  return Object.hasOwn(organizations, alias) ? (organizations[alias] ?? []) : [];
}

export function isPlatformAdmin({ platformRoles }: Principal): boolean {
  return platformRoles.includes(PLATFORM_ADMIN);
}

/** Whether a dangerous verb may go on: a second factor, not long ago. @param nowUnixS Unix seconds. */
export function isSteppedUp({ acr, authTimeUnixS }: Principal, nowUnixS: number): boolean {
  return acr === '2' && nowUnixS - authTimeUnixS <= STEP_UP_S_MAX;
}

/** Printable text of a name; control characters would forge lines of logs and consoles. */
function nameOf({ name, preferred_username: username }: Claims, sub: string): string {
  const asked = [name, username].find((value): value is string => typeof value === 'string' && value.trim() !== '') ?? sub;
  return asked.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '').slice(0, NAME_CHARS_MAX) || sub;
}

function textsOf(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value) || value.length > TOKEN_LIST_MAX || !value.every((entry) => typeof entry === 'string')) return undefined;
  return value;
}

function platformRolesOf(realmAccess: unknown): readonly string[] | undefined {
  if (realmAccess === undefined) return [];
  if (!isRecord(realmAccess)) return undefined;
  const roles = realmAccess['roles'] === undefined ? [] : textsOf(realmAccess['roles']);
  return roles === undefined ? undefined : [...new Set(roles.filter(isPlatformRole))];
}

/** Keycloak's shape with ids and groups; its short shape, a list of aliases, says that they are members and nothing more. */
function organizationsOf(organization: unknown): Principal['organizations'] | undefined {
  const organizations: Record<string, readonly AgencyRole[]> = Object.create(null);
  if (organization === undefined) return organizations;
  if (Array.isArray(organization)) {
    for (const alias of textsOf(organization) ?? []) if (ALIAS.test(alias)) organizations[alias] = [];
    return textsOf(organization) === undefined ? undefined : organizations;
  }
  if (!isRecord(organization)) return undefined;
  const entries = Object.entries(organization);
  if (entries.length > TOKEN_ORGANIZATIONS_MAX) return undefined;
  for (const [alias, membership] of entries) {
    if (!isRecord(membership)) return undefined;
    const groups = membership['groups'] === undefined ? [] : textsOf(membership['groups']);
    if (groups === undefined) return undefined;
    if (!ALIAS.test(alias)) continue;
    const roles = groups.filter((group) => group.startsWith('/')).map((group) => group.slice(1));
    organizations[alias] = [...new Set(roles.filter(isAgencyRole))];
  }
  return organizations;
}
