import { readFileSync } from 'node:fs';
import { isApiError, namespaces, type ObjectBody } from '@civitas/kube';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { MESSAGES } from '../core/resources/ledger-network.ts';
import { ourResource, startTestCluster, type TestCluster } from './testing/test-cluster.ts';

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await startTestCluster(91);
  await cluster.client.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'jincheng' } });
}, 120_000);

afterAll(async () => {
  await cluster?.stop();
});

interface Spec {
  readonly [field: string]: unknown;
}

function network(name: string, spec: Spec): ObjectBody {
  const body = { apiVersion: 'civitas.dev/v1alpha1', kind: 'LedgerNetwork', metadata: { name, namespace: 'jincheng' } };
  return { ...body, ...{ spec: { domain: 'health', chainId: 'jincheng-health-1', ...spec } } };
}

/** What the API server says to a network with this spec; '' when it takes it. */
async function refusal(spec: Spec): Promise<string> {
  try {
    await cluster.client.create(ourResource('ledgernetworks'), network('tried', spec), { dryRun: true });
    return '';
  } catch (error) {
    if (!isApiError(error, 'Invalid')) throw error;
    return error.message;
  }
}

const validators = (replicas: number): Spec => ({ pools: [{ name: 'validators', role: 'validator', replicas }] });

describe('the API server refuses with the rule’s own words', () => {
  test.each<readonly [string, Spec, string]>([
    ['three validators without allowDowntime', { engine: 'cometbft', ...validators(3) }, MESSAGES.tooFew],
    ['three validators with the engine left to CityConfig', validators(3), MESSAGES.tooFew],
    ['two validators on the embedded engine', { engine: 'embedded', ...validators(2) }, MESSAGES.embeddedOne],
    ['maxUnavailable above f', { engine: 'cometbft', ...validators(4), updateStrategy: { maxUnavailable: 2 } }, MESSAGES.maxUnavailable],
    [
      'maxUnavailable above 1 with allowDowntime',
      { engine: 'cometbft', allowDowntime: true, ...validators(3), updateStrategy: { maxUnavailable: 2 } },
      MESSAGES.maxUnavailable,
    ],
  ])('%s', async (_name, spec, message) => {
    expect(await refusal(spec)).toContain(message);
  });

  test.each<readonly [string, Spec]>([
    ['nothing but domain and chain', {}],
    ['a pool whose size CityConfig decides', { pools: [{ name: 'validators', role: 'validator' }] }],
    ['four validators', { engine: 'cometbft', ...validators(4), updateStrategy: { maxUnavailable: 1 } }],
    ['seven validators, two of them down at once', { engine: 'cometbft', ...validators(7), updateStrategy: { maxUnavailable: 2 } }],
    [
      'three validators with allowDowntime',
      { engine: 'cometbft', allowDowntime: true, ...validators(3), updateStrategy: { maxUnavailable: 1 } },
    ],
    ['one embedded validator', { engine: 'embedded', ...validators(1) }],
  ])('and takes %s', async (_name, spec) => {
    expect(await refusal(spec)).toBe('');
  });

  test.each<readonly [string, Spec, string]>([
    ['a changed chainId', { chainId: 'jincheng-health-2' }, MESSAGES.chainId],
    ['a changed domain', { domain: 'courts' }, MESSAGES.domain],
    ['a changed city', { city: 'yunhai' }, MESSAGES.city],
  ])('%s', async (_name, change, message) => {
    const name = `kept-${Object.keys(change)[0]?.toLowerCase()}`;
    const resource = ourResource('ledgernetworks');
    await cluster.client.create(resource, network(name, {}));
    const changed = cluster.client.mergePatch(resource, { namespace: 'jincheng', name }, { spec: change });
    await expect(changed).rejects.toThrow(message);
  });

  test('an agency that asks for the platform’s role, and a link to itself', async () => {
    const agency = { apiVersion: 'civitas.dev/v1alpha1', kind: 'Agency', metadata: { name: 'greedy' } };
    const spec = { displayName: { zh: '甲', en: 'A' }, memberships: [{ network: 'city', roles: ['platform'] }] };
    await expect(cluster.client.create(ourResource('agencies'), { ...agency, ...{ spec } })).rejects.toThrow('no agency may hold them');
    const link = { apiVersion: 'civitas.dev/v1alpha1', kind: 'LedgerLink', metadata: { name: 'loop', namespace: 'jincheng' } };
    await expect(cluster.client.create(ourResource('ledgerlinks'), { ...link, ...{ spec: { from: 'city', to: 'city' } } })).rejects.toThrow(
      'two different networks',
    );
  });
});

describe('the engine of a network', () => {
  const resource = ourResource('ledgernetworks');
  const change = (name: string, spec: Spec): Promise<unknown> =>
    cluster.client.mergePatch(resource, { namespace: 'jincheng', name }, { spec: spec });

  test('grows from embedded to cometbft, named before or left to CityConfig, and never goes back', async () => {
    for (const [name, engine] of [
      ['grown-named', { engine: 'embedded' }],
      ['grown-left', {}],
    ] as const) {
      await cluster.client.create(resource, network(name, engine));
      await change(name, { engine: 'cometbft' });
      await expect(change(name, { engine: 'embedded' })).rejects.toThrow(MESSAGES.engineBack);
      await expect(change(name, { engine: null })).rejects.toThrow(MESSAGES.engineBack);
    }
  });

  test('cannot be set to embedded where CityConfig decided, nor be left to it again', async () => {
    await cluster.client.create(resource, network('left', {}));
    await expect(change('left', { engine: 'embedded' })).rejects.toThrow(MESSAGES.engineBack);
    await cluster.client.create(resource, network('named', { engine: 'embedded' }));
    await expect(change('named', { engine: null })).rejects.toThrow(MESSAGES.engineBack);
  });
});

describe('the samples', () => {
  test.each(['jincheng', 'yunhai-housing', 'membership', 'decisions'])('%s.yaml is taken whole', async (sample) => {
    const text = readFileSync(new URL(`../../../samples/${sample}.yaml`, import.meta.url), 'utf8');
    const plurals: Readonly<Record<string, string>> = {
      CityConfig: 'cityconfigs',
      Agency: 'agencies',
      LedgerNetwork: 'ledgernetworks',
      LedgerLink: 'ledgerlinks',
      LedgerLinkGrant: 'ledgerlinkgrants',
      AgencyMembership: 'agencymemberships',
      ValidatorChange: 'validatorchanges',
      AccessPolicy: 'accesspolicies',
    };
    for (const document of parseAllDocuments(text)) {
      const manifest = document.toJS() as ObjectBody;
      const plural = plurals[manifest.kind];
      if (plural === undefined) continue;
      const applied = await cluster.client.apply(ourResource(plural), manifest, { fieldManager: 'test', force: true });
      expect(applied.metadata.name).toBe(manifest.metadata.name);
    }
  });
});
