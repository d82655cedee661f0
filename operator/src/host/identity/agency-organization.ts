import { randomBytes } from 'node:crypto';
import { serviceClientId } from '@civitas/identity';
import { type Applier, type KubeClient, secrets } from '@civitas/kube';
import { serviceSecretName, serviceSecretObject } from '../../core/desired/identity-objects.ts';
import { agencyNamespace } from '../../core/desired/names.ts';
import { type AgencyIdentity, directoryReason, SERVICE_CLIENT, SERVICE_CLIENT_ROLE } from '../../core/plan/agency-identity.ts';
import type { Agency } from '../../core/resources/agency.ts';
import type { IdentityProvider } from './identity-provider.ts';
import { CLIENT_SECRET_BYTES, CLIENT_SECRET_CHARS_MIN } from './limits.ts';

export interface OrganizationTools {
  readonly client: KubeClient;
  readonly applier: Applier;
  /** Told of what was made or put right. */
  readonly onChanged: (agency: Agency, changed: readonly string[]) => void;
}

/**
 * Makes the organization, its groups and its service client as the agency asks, and puts right what somebody changed. The client's secret
 * is decided by the agency's own namespace: it stands there before the provider hears of it, so a crash between the two loses nothing.
 *
 * @throws IdentityFault
 */
export async function ensureOrganization(tools: OrganizationTools, provider: IdentityProvider, agency: Agency): Promise<AgencyIdentity> {
  const { directory, issuer } = provider;
  const alias = agency.metadata.name;
  const { displayName, identity } = agency.spec;
  const wish = { alias, displayName, enabled: true, domains: identity?.domains ?? [] };
  const { value: organization, changed } = await directory.ensureOrganization(wish);
  const clientSecret = await ensureSecret(tools, agency, issuer);
  const client = await directory.ensureServiceClient({ alias, name: SERVICE_CLIENT, roles: [SERVICE_CLIENT_ROLE], secret: clientSecret });
  if (!client.ok) {
    const { code, facts } = client.refusal;
    return { state: 'failing', reason: directoryReason(code), message: `service client: ${code} ${JSON.stringify(facts)}` };
  }
  const all = [...changed, ...client.value.changed];
  if (all.length > 0) tools.onChanged(agency, all);
  const secret = `${agencyNamespace(alias)}/${serviceSecretName(SERVICE_CLIENT)}`;
  return { state: 'ready', organizationId: organization.id, secret };
}

async function ensureSecret({ client, applier }: OrganizationTools, agency: Agency, issuer: string): Promise<string> {
  const at = { namespace: agencyNamespace(agency.metadata.name), name: serviceSecretName(SERVICE_CLIENT) };
  const held = await client.find(secrets, at);
  const before = Buffer.from(held?.data?.['clientSecret'] ?? '', 'base64').toString('utf8');
  const clientSecret = before.length >= CLIENT_SECRET_CHARS_MIN ? before : randomBytes(CLIENT_SECRET_BYTES).toString('base64url');
  const clientId = serviceClientId(agency.metadata.name, SERVICE_CLIENT);
  const secret = { client: SERVICE_CLIENT, clientId, clientSecret, issuer };
  await applier.apply(
    secrets,
    serviceSecretObject(agency, secret, (text) => Buffer.from(text).toString('base64')),
    held,
  );
  return clientSecret;
}

/**
 * Takes an agency's people and programs their rights: its client goes, its organization is disabled, or deleted where the agency says so.
 *
 * @throws IdentityFault
 */
export async function endOrganization({ directory }: IdentityProvider, agency: Agency): Promise<void> {
  const alias = agency.metadata.name;
  const clients = await directory.listServiceClients(alias);
  for (const { name } of clients.ok ? clients.value : []) await directory.deleteServiceClient(alias, name);
  if (agency.spec.identity?.deletionPolicy === 'Delete') {
    await directory.deleteOrganization(alias);
    return;
  }
  const held = await directory.findOrganization(alias);
  if (held === undefined || !held.enabled) return;
  const { displayName, domains } = held;
  await directory.ensureOrganization({ alias, displayName, domains, enabled: false });
}
