import type { KubeClient } from '@civitas/kube';
import { NAMESPACE } from './city-fixture.ts';
import { ourResource } from './test-cluster.ts';

const API = 'civitas.dev/v1alpha1';

/** A source policy for a link that is not there, and a pack that nobody has signed: both are read and answered with a status. */
export async function askForDecisions(client: KubeClient): Promise<void> {
  const question = {
    ...{ linkRef: 'none', source: 'eighth', caller: { organisation: 'housing-fund', contract: 'housing.withdrawal' } },
    ...{ predicate: 'illness-in-catalogue', purpose: 'verify-eligibility' },
  };
  const policy = { ...question, consent: 'required', ratePerDay: 1, answerAgeHours: 1, disclosure: 'immediate' };
  const pack = { name: 'pack', version: '1.0.0', contracts: ['courts.evidence@v1'] };
  const install = { networkRef: 'eighth', pack, publisher: 'A'.repeat(43), signature: 'A'.repeat(86) };
  const metadata = { name: 'asked', namespace: NAMESPACE };
  await client.create(ourResource('accesspolicies'), { apiVersion: API, kind: 'AccessPolicy', metadata, ...{ spec: policy } });
  await client.create(ourResource('packinstalls'), { apiVersion: API, kind: 'PackInstall', metadata, ...{ spec: install } });
}
