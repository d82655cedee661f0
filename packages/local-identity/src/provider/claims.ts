import type { DirectoryState, Organization, ServiceClient, User } from '../store/state.ts';

type Claims = Readonly<Record<string, unknown>>;

/** `{ "<alias>": { id, groups: ["/owner"] } }` for the enabled organizations of a person; the claim from which all rights in an agency come. */
function organizationClaim(state: DirectoryState, user: User, scopes: ReadonlySet<string>): Claims | undefined {
  const isAsked = ({ alias }: Organization): boolean =>
    scopes.has('organization') || scopes.has('organization:*') || scopes.has(`organization:${alias}`);
  const mine = state.organizations.filter((organization) => organization.isEnabled && organization.members.includes(user.id));
  const entries = mine.filter(isAsked).map((organization) => {
    const groups = organization.groups.filter(({ members }) => members.includes(user.id)).map(({ name }) => `/${name}`);
    return [organization.alias, { id: organization.id, groups }] as const;
  });
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

/** Chinese names have the family name first and no space. */
function fullNameOf({ firstName, lastName }: User): string {
  return /\p{Script=Han}$/u.test(lastName) ? `${lastName}${firstName}` : `${firstName} ${lastName}`.trim();
}

/** Who somebody is, as the `profile` and `email` scopes tell it. */
export function profileClaims(user: User): Claims {
  return {
    preferred_username: user.username,
    name: fullNameOf(user),
    given_name: user.firstName,
    family_name: user.lastName,
    ...(user.email === '' ? {} : { email: user.email, email_verified: true }),
    ...(user.locale === undefined ? {} : { locale: user.locale }),
  };
}

export interface PersonSession {
  readonly acr: string;
  readonly authTimeUnixS: number;
  readonly azp: string;
  readonly sid: string;
  readonly scopes: ReadonlySet<string>;
}

/** Claims of a person's access token, besides those of every JWT. */
export function personClaims(state: DirectoryState, user: User, session: PersonSession): Claims {
  const organization = organizationClaim(state, user, session.scopes);
  return {
    typ: 'Bearer',
    azp: session.azp,
    sid: session.sid,
    acr: session.acr,
    auth_time: session.authTimeUnixS,
    realm_access: { roles: user.platformRoles },
    ...profileClaims(user),
    ...(organization === undefined ? {} : { organization }),
  };
}

function mapped(client: ServiceClient | undefined, mapper: string): Readonly<Record<string, string>> {
  return client?.protocolMappers.find(({ protocolMapper }) => protocolMapper === mapper)?.config ?? {};
}

/** Audience of a service client's tokens. */
export function serviceAudience(client: ServiceClient | undefined): string {
  return mapped(client, 'oidc-audience-mapper')['included.client.audience'] ?? 'console-api';
}

/** Claims of a service client's token; those of an agency carry the agency in the hard-coded claim their mapper says. */
export function serviceClaims(clientId: string, client: ServiceClient | undefined): Claims {
  const { 'claim.name': name, 'claim.value': value } = mapped(client, 'oidc-hardcoded-claim-mapper');
  const hardcoded = name === 'organization' && value !== undefined ? { organization: JSON.parse(value) as unknown } : {};
  return {
    typ: 'Bearer',
    azp: clientId,
    acr: '1',
    realm_access: { roles: [] },
    preferred_username: `service-account-${clientId}`,
    ...hardcoded,
  };
}
