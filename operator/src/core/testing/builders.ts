import type { ObservedAnswer, ObservedNetwork, ObservedNode } from '../plan/observed-network.ts';
import type { Agency } from '../resources/agency.ts';
import type { CityConfig } from '../resources/city-config.ts';
import type { LedgerNetwork, LedgerNetworkSpec } from '../resources/ledger-network.ts';
import type { LedgerNode } from '../resources/ledger-node.ts';

const API = 'civitas.dev/v1alpha1';
const CREATED = '2026-01-01T00:00:00Z';

/** 32 bytes as base64url, distinct by `seed`. */
export function aKey(seed: number): string {
  return String.fromCharCode(65 + (seed % 26), 65 + (Math.floor(seed / 26) % 26)).padEnd(42, 'a') + 'A';
}

export function aCity(spec: Partial<CityConfig['spec']> = {}): CityConfig {
  return {
    apiVersion: API,
    kind: 'CityConfig',
    metadata: { name: 'jincheng', uid: 'uid-city', resourceVersion: '1', creationTimestamp: CREATED },
    spec: {
      city: 'jincheng',
      namespace: 'jincheng',
      engine: 'embedded',
      validatorsPerNetwork: 1,
      approvalThreshold: 1,
      release: { version: '0.1.0' },
      ...spec,
    },
  };
}

export function anAgency(name: string, spec: Partial<Agency['spec']> = {}): Agency {
  return {
    apiVersion: API,
    kind: 'Agency',
    metadata: { name, uid: `uid-${name}`, resourceVersion: '1', creationTimestamp: CREATED },
    spec: {
      displayName: { zh: name, en: name },
      founder: true,
      approvalPolicy: 'auto',
      memberships: [{ network: 'city', roles: ['registrar'] }],
      ...spec,
    },
  };
}

export function aNetwork(spec: Partial<LedgerNetworkSpec> = {}, status?: NonNullable<LedgerNetwork['status']>): LedgerNetwork {
  return {
    apiVersion: API,
    kind: 'LedgerNetwork',
    metadata: { name: 'city', namespace: 'jincheng', uid: 'uid-net', resourceVersion: '1', generation: 1, creationTimestamp: CREATED },
    spec: { domain: 'city', chainId: 'jincheng-city-1', ...spec },
    ...(status === undefined ? {} : { status }),
  };
}

export function aNode(name: string, status: NonNullable<LedgerNode['status']> = {}): LedgerNode {
  return {
    apiVersion: API,
    kind: 'LedgerNode',
    metadata: { name, namespace: 'jincheng', uid: `uid-${name}`, resourceVersion: '1', generation: 1, creationTimestamp: CREATED },
    spec: { networkRef: 'city', role: 'validator', ordinal: 0, organisation: 'civil-affairs' },
    status,
  };
}

/** A network that was asked for and of which nothing exists yet. */
export function anObservation(facts: Partial<ObservedNetwork> = {}): ObservedNetwork {
  return {
    nowUnixMs: 1_800_000_000_000,
    network: aNetwork(),
    config: aCity(),
    agencies: [anAgency('civil-affairs')],
    hasAuthority: true,
    relayCertificate: undefined,
    nodes: {},
    reservations: {},
    genesisRecord: undefined,
    genesisMounted: undefined,
    validatorSet: undefined,
    standings: [],
    join: undefined,
    engineInForce: undefined,
    city: undefined,
    platformKey: aKey(1),
    relayKey: aKey(2),
    gatewayAddress: undefined,
    openLinks: [],
    registered: false,
    ...facts,
  };
}

/** The same node that says otherwise. */
export function withAnswer(node: ObservedNode, facts: Partial<ObservedAnswer>): ObservedNode {
  return node.answer === undefined ? node : { ...node, answer: { ...node.answer, ...facts } };
}

/** A validator that votes at the head. */
export function aServingNode(name: string): ObservedNode {
  return {
    ledgerNode: aNode(name, { podUID: `pod-${name}`, consensusPublicKey: aKey(9) }),
    certificate: undefined,
    pod: {
      ...{ name, uid: `pod-${name}`, ip: '127.0.0.9', running: true, ready: true, deleting: false, finished: false },
      ...{ configHash: '', image: 'civitas.dev/node:0.1.0' },
    },
    answer: {
      ...{ phase: 'Serving', chainId: 'jincheng-city-1', genesisHash: '', genesisMismatch: false, height: 5, root: '', signing: true },
      ...{ caughtUp: true, peers: 3, version: '0.1.0', certificateNotAfterUnixMs: 1_900_000_000_000, keys: undefined },
      ...{ unwell: '', halted: false, engineVersion: '0.38.26' },
    },
    address: '10.0.0.1',
    heard: true,
  };
}
