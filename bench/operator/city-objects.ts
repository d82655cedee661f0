import type { ObjectBody } from '@civitas/kube';
import { MEMBERSHIPS_MAX } from '../../operator/src/core/resources/limits.ts';

export const NAMESPACE = 'jincheng';
/** Name of the city's own network, which every other one pins. */
export const CITY = 'city';

const API = 'civitas.dev/v1alpha1';
const DOMAINS = ['health', 'housing', 'courts', 'transport'] as const;
const VALIDATORS = 4;

/** The city's network first. */
export function networkNames(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => (index === 0 ? CITY : `net${String(index).padStart(3, '0')}`));
}

/** The one founder of a network: an agency may be in no more than so many. */
export function agencyOf(network: string): string {
  const index = network === CITY ? 0 : Number(network.slice('net'.length));
  return `agency-${Math.floor(index / MEMBERSHIPS_MAX)}`;
}

/** All that a person applies: the settings, the agencies, and networks of this many nodes each, four of them validators. */
export function cityObjects(networkCount: number, nodesPerNetwork: number): { readonly plural: string; readonly body: ObjectBody }[] {
  const names = networkNames(networkCount);
  const settings = { city: 'jincheng', namespace: NAMESPACE, engine: 'cometbft', validatorsPerNetwork: VALIDATORS, approvalThreshold: 1 };
  const pools = [
    { name: 'validators', role: 'validator', replicas: VALIDATORS },
    { name: 'observers', role: 'observer', replicas: nodesPerNetwork - VALIDATORS },
  ].filter(({ replicas }) => replicas > 0);
  const agencies = [...new Set(names.map(agencyOf))].map((name) => ({
    plural: 'agencies',
    body: bodyOf(
      'Agency',
      { name },
      {
        displayName: { zh: name, en: name },
        ...{ founder: true, approvalPolicy: 'auto' },
        memberships: names.filter((network) => agencyOf(network) === name).map((network) => ({ network, roles: ['registrar'] })),
      },
    ),
  }));
  const networks = names.map((name, index) => {
    const domain = index === 0 ? 'city' : (DOMAINS[index % DOMAINS.length] ?? 'health');
    const spec = { domain, chainId: `jincheng-${name}-1`, pools };
    return { plural: 'ledgernetworks', body: bodyOf('LedgerNetwork', { name, namespace: NAMESPACE }, spec) };
  });
  const city = { plural: 'cityconfigs', body: bodyOf('CityConfig', { name: 'jincheng' }, { ...settings, release: { version: '0.1.0' } }) };
  return [city, ...agencies, ...networks];
}

function bodyOf(kind: string, metadata: ObjectBody['metadata'], spec: object): ObjectBody {
  return { apiVersion: API, kind, metadata, ...{ spec } };
}
