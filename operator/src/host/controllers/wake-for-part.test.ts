import type { KubeObject } from '@civitas/kube';
import { beforeEach, expect, test } from '@jest/globals';
import { aCity, aNetwork, anAgency } from '../../core/testing/builders.ts';
import type { Caches } from './operator-context.ts';
import { wakeForPart, wakeForTurn } from './wake-for-part.ts';

let woken: string[];

const networks = ['city', 'health', 'housing'].map((name) => ({
  ...aNetwork({ domain: name === 'city' ? 'city' : 'health' }),
  metadata: { ...aNetwork().metadata, name, uid: name },
}));
const agencies = [
  anAgency('hospital', { memberships: [{ network: 'health', roles: [] }] }),
  anAgency('landlord', { memberships: [{ network: 'housing', roles: [] }] }),
];
const link = {
  apiVersion: 'v1',
  kind: 'LedgerLink',
  metadata: { name: 'bills', namespace: 'jincheng' },
  spec: { from: 'health', to: 'city' },
};
const storeOf = (objects: readonly { readonly metadata: { readonly name: string } }[]) => ({
  store: { list: () => objects, get: (key: string) => objects.find(({ metadata }) => key.endsWith(`/${metadata.name}`)) },
});
const caches = {
  ...{ networks: storeOf(networks), agencies: storeOf(agencies), cities: storeOf([aCity()]) },
  ...{ links: storeOf([link]), memberships: storeOf([]) },
} as object as Caches;
const clock = { nowUnixMs: () => 0, monotonicMs: () => 0, setTimer: () => () => {} };
const wake = (controller: string, keys: readonly string[] = ['*']): void => void woken.push(...keys.map((key) => `${controller} ${key}`));

function change(kind: string, namespace: string, name: string, labels: Readonly<Record<string, string>> = {}): readonly string[] {
  const object: KubeObject = {
    ...{ apiVersion: 'v1', kind },
    metadata: { name, namespace, labels, uid: 'u', resourceVersion: '1', creationTimestamp: '' },
  };
  wakeForPart({ wake, caches, clock }, object);
  return woken.sort();
}

beforeEach(() => {
  woken = [];
});

test('a pod concerns its network alone', () => {
  expect(change('Pod', 'jincheng', 'health-0', { 'civitas.dev/network': 'health' })).toEqual(['network jincheng/health']);
});

test('an authority concerns its network and those who hold certificates of it, the console among them', () => {
  expect(change('Secret', 'civitas-system', 'ca.jincheng.health.2')).toEqual([
    'agency hospital',
    'console *',
    'network jincheng/health',
    'relay *',
  ]);
});

test('what the console asks for, and what it was given, concerns the console and, as everything without a network, the relay', () => {
  for (const name of ['console-request', 'console-access']) {
    woken = [];
    expect(change('ConfigMap', 'civitas-system', name)).toEqual(['console *', 'relay *']);
  }
});

test('a genesis concerns its network, its links, its members, the relay and the console', () => {
  expect(new Set(change('ConfigMap', 'civitas-system', 'genesis.jincheng.health', { 'civitas.dev/network': 'health' }))).toEqual(
    new Set(['agency hospital', 'console *', 'link jincheng/bills', 'membership jincheng/health', 'network jincheng/health', 'relay *']),
  );
});

test('the genesis of the city concerns everybody, and so does a record of no network', () => {
  const everybody = ['agency *', 'link *', 'membership *', 'network *'];
  expect(change('ConfigMap', 'civitas-system', 'genesis.jincheng.city')).toEqual(expect.arrayContaining(everybody));
  woken = [];
  expect(change('ConfigMap', 'civitas-system', 'tombstone.jincheng-health-1')).toEqual(expect.arrayContaining(everybody));
});

test('a pod of a backup concerns backups and restores alone', () => {
  expect(change('Pod', 'jincheng', 'backup-a-1', { 'civitas.dev/backup': 'a' })).toEqual(['backup *', 'restore *']);
});

test('a network that begins to serve concerns its own links and members, the city all members, and one that goes on serving nobody', () => {
  const served = (name: string, status: 'True' | 'False') => {
    const condition = { type: 'Available', status, reason: '', message: '', lastTransitionTime: '' };
    const base = networks.find(({ metadata }) => metadata.name === name) ?? aNetwork();
    return { ...base, status: { observedGeneration: 1, phase: '', conditions: [condition] } };
  };
  wakeForTurn({ wake, caches, clock }, served('housing', 'True'), served('housing', 'True'));
  expect(woken).toEqual([]);
  wakeForTurn({ wake, caches, clock }, served('housing', 'True'), served('housing', 'False'));
  expect(woken.sort()).toEqual(['agency landlord', 'membership jincheng/housing', 'relay *']);
  woken = [];
  wakeForTurn({ wake, caches, clock }, served('city', 'False'), served('city', 'True'));
  expect(woken.sort()).toEqual(['link jincheng/bills', 'membership *', 'relay *']);
});
