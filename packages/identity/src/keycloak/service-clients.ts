import { refuse } from '@civitas/canon';
import type { Organization } from '../identity-directory.ts';
import { type IdentityDirectory, type ServiceClient, type ServiceClientWish, serviceClientId } from '../identity-directory.ts';
import { IdentityFault } from '../identity-fault.ts';
import { ALIAS, isAgencyRole } from '../role.ts';
import { CONSOLE_AUDIENCE } from '../token-verifier.ts';
import { type AdminRest, messageOf } from './admin-rest.ts';
import { accepted, type Organizations } from './organizations.ts';
import { isId, readPages } from './pages.ts';
import { type Representation, representationOf } from './representation.ts';

export type ServiceClients = Pick<
  IdentityDirectory,
  'listServiceClients' | 'ensureServiceClient' | 'rotateServiceClient' | 'deleteServiceClient'
>;

const CLAIM = 'organization';

/** Service clients of agencies: a hard-coded claim says which agency they act for, so they need no membership. */
export function createServiceClients(rest: AdminRest, organizations: Organizations): ServiceClients {
  const find = async (alias: string, name: string): Promise<Representation | undefined> => {
    if (!ALIAS.test(alias) || !ALIAS.test(name)) return undefined;
    const clientId = serviceClientId(alias, name);
    const rows = await readPages(rest, '/clients', { clientId, search: 'false' });
    return rows?.find((row) => row.text('clientId') === clientId);
  };

  const readSecret = async (row: Representation): Promise<string> => {
    const { status, body } = await rest.call({ method: 'GET', path: `/clients/${row.text('id')}/client-secret` });
    if (status !== 200) throw new IdentityFault('DIRECTORY_FAILED', `the secret of ${row.text('clientId')}: status ${status}`);
    return representationOf(body, 'client secret').text('value');
  };

  return {
    async listServiceClients(alias) {
      if ((await organizations.find(alias)) === undefined) return refuse('ORGANIZATION_UNKNOWN', { alias });
      const rows = await readPages(rest, '/clients', { clientId: serviceClientId(alias, ''), search: 'true' });
      return { ok: true, value: (rows ?? []).flatMap((row) => serviceClientOf(row, alias)) };
    },
    async ensureServiceClient(wish) {
      const { alias, name } = wish;
      const organization = await organizations.find(alias);
      if (organization === undefined) return refuse('ORGANIZATION_UNKNOWN', { alias });
      if (!ALIAS.test(name)) return refuse('DIRECTORY_INPUT', { said: 'the name of a client is a DNS label' });
      const changed: string[] = [];
      const wished = bodyOf(wish, organization);
      let row = await find(alias, name);
      if (row === undefined) {
        const json = wish.secret === undefined ? wished : { ...wished, secret: wish.secret };
        const answer = await rest.call({ method: 'POST', path: '/clients', json });
        if (answer.status === 400) return refuse('DIRECTORY_INPUT', { said: messageOf(answer.body) });
        accepted(answer, 'client', [409]);
        changed.push('client');
        row = await find(alias, name);
        if (row === undefined) throw new IdentityFault('DIRECTORY_FAILED', 'a client was made and is not there');
      }
      let secret = await readSecret(row);
      const isOtherSecret = wish.secret !== undefined && secret !== wish.secret;
      if (!isAsWished(row, wished) || isOtherSecret) {
        secret = wish.secret ?? secret;
        const json = { ...row.raw, ...wished, secret };
        accepted(await rest.call({ method: 'PUT', path: `/clients/${row.text('id')}`, json }), 'client');
        if (changed.length === 0) changed.push(isOtherSecret ? 'client secret' : 'client');
      }
      const client: ServiceClient = { clientId: serviceClientId(alias, name), alias, name, roles: wish.roles };
      return { ok: true, value: { value: { client, secret }, changed } };
    },
    async rotateServiceClient(alias, name) {
      const row = await find(alias, name);
      if (row === undefined) return refuse('SERVICE_CLIENT_UNKNOWN', { alias, name });
      const { status, body } = await rest.call({ method: 'POST', path: `/clients/${row.text('id')}/client-secret` });
      if (status === 404) return refuse('SERVICE_CLIENT_UNKNOWN', { alias, name });
      return { ok: true, value: representationOf(body, 'client secret').text('value') };
    },
    async deleteServiceClient(alias, name) {
      const row = await find(alias, name);
      if (row === undefined || !isId(row.text('id'))) return false;
      const { status } = await rest.call({ method: 'DELETE', path: `/clients/${row.text('id')}` });
      return status !== 404;
    },
  };
}

/** What a client of ours is, without its secret. */
function bodyOf({ alias, name, roles }: ServiceClientWish, { id, displayName }: Organization) {
  const membership = { [alias]: { id, groups: [...roles].sort().map((role) => `/${role}`) } };
  return {
    clientId: serviceClientId(alias, name),
    name: `${displayName.en}: ${name}`,
    enabled: true,
    publicClient: false,
    bearerOnly: false,
    serviceAccountsEnabled: true,
    standardFlowEnabled: false,
    implicitFlowEnabled: false,
    directAccessGrantsEnabled: false,
    fullScopeAllowed: false,
    clientAuthenticatorType: 'client-secret',
    protocolMappers: [
      mapper('audience', 'oidc-audience-mapper', { 'included.client.audience': CONSOLE_AUDIENCE }),
      mapper('organization', 'oidc-hardcoded-claim-mapper', {
        'claim.name': CLAIM,
        'claim.value': JSON.stringify(membership),
        'jsonType.label': 'JSON',
      }),
    ],
  };
}

function mapper(name: string, protocolMapper: string, config: Readonly<Record<string, string>>) {
  return {
    name,
    protocol: 'openid-connect',
    protocolMapper,
    config: { ...config, 'access.token.claim': 'true', 'id.token.claim': 'false', 'introspection.token.claim': 'true' },
  };
}

const FLAGS = [
  'enabled',
  'publicClient',
  'serviceAccountsEnabled',
  'standardFlowEnabled',
  'implicitFlowEnabled',
  'directAccessGrantsEnabled',
  'fullScopeAllowed',
] as const;

/** Flags that are left out count as off. Mappers that somebody added would add claims: exactly ours may be there. */
function isAsWished(row: Representation, wished: ReturnType<typeof bodyOf>): boolean {
  const held = row.list('protocolMappers');
  return (
    FLAGS.every((flag) => row.flag(flag, false) === wished[flag]) &&
    held.length === wished.protocolMappers.length &&
    wished.protocolMappers.every(({ name, protocolMapper, config }) =>
      held.some(
        (candidate) =>
          candidate.text('name') === name &&
          candidate.text('protocolMapper') === protocolMapper &&
          Object.entries(config).every(([key, value]) => candidate.object('config').textOr(key, '') === value),
      ),
    )
  );
}

function serviceClientOf(row: Representation, alias: string): readonly ServiceClient[] {
  const clientId = row.text('clientId');
  const prefix = serviceClientId(alias, '');
  if (!clientId.startsWith(prefix)) return [];
  const claim = row
    .list('protocolMappers')
    .find((candidate) => candidate.textOr('protocolMapper', '') === 'oidc-hardcoded-claim-mapper')
    ?.object('config')
    .textOr('claim.value', '');
  return [{ clientId, alias, name: clientId.slice(prefix.length), roles: rolesOf(claim ?? '', alias) }];
}

function rolesOf(claim: string, alias: string): ServiceClient['roles'] {
  try {
    const parsed = JSON.parse(claim) as Readonly<Record<string, { readonly groups?: readonly unknown[] }>>;
    const groups = Object.hasOwn(parsed, alias) ? (parsed[alias]?.groups ?? []) : [];
    return groups
      .filter((group) => typeof group === 'string')
      .map((group) => group.slice(1))
      .filter(isAgencyRole);
  } catch {
    return [];
  }
}
