import { configMaps, type KubeClient, secrets } from '@civitas/kube';
import { SYSTEM_NAMESPACE } from '../../core/desired/names.ts';

/** What the operator finds once an identity provider is installed: its address, and our client there. */
export async function installIdentity(
  client: KubeClient,
  url = 'http://127.0.0.1:8080',
  clientSecret = 'a secret of the operator',
): Promise<void> {
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const metadata = { name: 'identity-client-operator', namespace: SYSTEM_NAMESPACE };
  const data = { clientId: base64('civitas-operator'), clientSecret: base64(clientSecret) };
  await client.create(secrets, { apiVersion: 'v1', kind: 'Secret', metadata, ...{ data } });
  const settings = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'civitas-identity', namespace: SYSTEM_NAMESPACE } };
  await client.create(configMaps, { ...settings, ...{ data: { url, realm: 'city' } } });
}
