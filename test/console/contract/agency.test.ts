import { type Condition, type KubeClient, type KubeObject, type ObjectBody, type Resource, secrets } from '@civitas/kube';
import { waitFor } from '@civitas/testkit';
import { expect, test } from '@jest/globals';
import type { RunningControllers } from '../../../operator/src/host/controllers/start-controllers.ts';
import { createNamespaces, startOperator } from '../../../operator/src/host/testing/city-fixture.ts';
import { installIdentity } from '../../../operator/src/host/testing/install-identity.ts';
import { ourResource, startTestCluster, type TestCluster } from '../../../operator/src/host/testing/test-cluster.ts';
import { contractCity, freshName, valueOf } from './contract-city.ts';
import { describeProfiles } from './describe-profiles.ts';
import { clientToken } from './sign-in.ts';

interface AgencyObject extends KubeObject {
  readonly status?: { readonly organizationId?: string; readonly conditions?: readonly Condition[] };
}

const agencies: Resource<AgencyObject> = ourResource('agencies');
const WAIT_MS_MAX = 60_000;

function agencyBody(name: string, spec: object = {}): ObjectBody {
  const displayName = { zh: '市第二医院', en: 'Second Hospital' };
  return { apiVersion: 'civitas.dev/v1alpha1', kind: 'Agency', metadata: { name }, ...{ spec: { displayName, memberships: [], ...spec } } };
}

async function secretOf(client: KubeClient, agency: string): Promise<{ readonly clientId: string; readonly clientSecret: string }> {
  const secret = await client.get(secrets, { namespace: `agency-${agency}`, name: 'identity-client-service' });
  const text = (field: string): string => Buffer.from(secret.data?.[field] ?? '', 'base64').toString();
  return { clientId: text('clientId'), clientSecret: text('clientSecret') };
}

const isReady = (agency: AgencyObject | undefined): boolean =>
  agency?.status?.conditions?.some(({ type, status }) => type === 'IdentityReady' && status === 'True') ?? false;

describeProfiles('an Agency', (profile) => {
  test('stands with the provider: made, put right, its program signs in, and disabled once it is deleted', async () => {
    const cluster: TestCluster = await startTestCluster(profile().name === 'local' ? 116 : 117);
    let running: RunningControllers | undefined;
    try {
      const { client } = cluster;
      const { operator, verifier } = contractCity(profile());
      await createNamespaces(client);
      await installIdentity(client, profile().url, profile().operator.clientSecret);
      const name = freshName('hospital');
      await client.create(agencies, agencyBody(name, { identity: { domains: [`${name}.example`] } }));
      running = await startOperator(client, new AbortController().signal);
      const agency = await waitFor(
        'organization',
        async () => {
          const found = await client.find(agencies, { name });
          return isReady(found) && found;
        },
        WAIT_MS_MAX,
      );
      const organization = await operator.findOrganization(name);
      expect(organization).toMatchObject({ alias: name, enabled: true, domains: [`${name}.example`], displayName: { zh: '市第二医院' } });
      expect(agency.status?.organizationId).toBe(organization?.id);

      const { clientId, clientSecret } = await secretOf(client, name);
      const { tokens } = await clientToken(profile(), clientId, clientSecret);
      const { principal } = valueOf(await verifier.verify(tokens?.accessToken ?? ''));
      expect({ ...principal.organizations }).toEqual({ [name]: ['operator'] });

      await operator.deleteServiceClient(name, 'service');
      await client.mergePatch(agencies, { name }, { spec: { displayName: { en: 'Renamed Hospital' } } });
      await waitFor(
        'the new name',
        async () => (await operator.findOrganization(name))?.displayName.en === 'Renamed Hospital',
        WAIT_MS_MAX,
      );
      await waitFor('its program again', async () => (await clientToken(profile(), clientId, clientSecret)).status === 200, WAIT_MS_MAX);

      await client.delete(agencies, { name });
      await waitFor('its end', async () => (await client.find(agencies, { name })) === undefined, WAIT_MS_MAX);
      expect(await operator.findOrganization(name)).toMatchObject({ enabled: false });
      expect((await clientToken(profile(), clientId, clientSecret)).status).toBe(401);
    } finally {
      await running?.stop();
      await cluster.stop();
    }
  }, 240_000);
});
