import type { JsonObject } from '@civitas/canon';
import { expect, test } from '@jest/globals';
import { CONTRACTS } from '../../core/desired/domain-contracts.ts';
import type { PackInstall } from '../../core/resources/pack-install.ts';
import { type ContractsAsked, contractNamesOf } from './ledger-contracts.ts';

const HOUR_MS = 3_600_000;
const NEWER = 'city.meeting@v1';
const BORN = CONTRACTS.city.map((contract) => contract.slice(0, contract.indexOf('@')));

/** A ledger of the city that has taken up these. */
function aLedger(...installed: readonly string[]) {
  const records = new Map<string, JsonObject>(installed.map((name) => [`network.members/contracts/${name}`, { sinceHeight: 9 }]));
  const reads: string[] = [];
  const asked: ContractsAsked = {
    ...{
      takenUp: new Map(),
      genesisHash: 'genesis',
      born: CONTRACTS.city,
      protocolVersion: 3,
      packs: [],
      nowUnixMs: 0,
      recheckMs: HOUR_MS,
    },
    find: async (key) => {
      reads.push(key);
      return records.get(key);
    },
  };
  return { asked, reads, records };
}

const pack: PackInstall = {
  ...{ apiVersion: 'civitas.dev/v1alpha1', kind: 'PackInstall' },
  metadata: { name: 'meeting', namespace: 'jincheng', uid: 'uid', resourceVersion: '1', creationTimestamp: '2026-11-21T00:00:00Z' },
  spec: { networkRef: 'city', pack: { name: 'meeting', version: '1.0.0', contracts: [NEWER] }, publisher: '', signature: '' },
};

test('a ledger runs what it was born with and what its founders took up since, whoever asked for it', async () => {
  expect(await contractNamesOf(aLedger().asked)).toEqual(BORN);
  expect(await contractNamesOf(aLedger('health.access').asked)).toEqual([...BORN, 'health.access']);
});

test('a pack may bring a contract that is newer than this release', async () => {
  const { asked } = aLedger('city.meeting');
  expect(await contractNamesOf(asked)).toEqual(BORN);
  expect(await contractNamesOf({ ...asked, takenUp: new Map(), packs: [pack] })).toEqual([...BORN, 'city.meeting']);
});

test('what was found counts until it is old, and one ledger’s is never another’s', async () => {
  const { asked, reads, records } = aLedger('health.access');
  await contractNamesOf(asked);
  const { length } = reads;
  records.set('network.members/contracts/health.index', { sinceHeight: 20 });
  expect(await contractNamesOf({ ...asked, nowUnixMs: HOUR_MS - 1 })).toEqual([...BORN, 'health.access']);
  expect(reads).toHaveLength(length);
  expect(await contractNamesOf({ ...asked, nowUnixMs: HOUR_MS })).toEqual([...BORN, 'health.access', 'health.index']);
  expect(await contractNamesOf({ ...asked, genesisHash: 'another' })).toContain('health.index');
  expect(reads).toHaveLength(3 * length);
});

test('a ledger whose rules know no such decision is not asked', async () => {
  const { asked, reads } = aLedger('health.access');
  expect(await contractNamesOf({ ...asked, protocolVersion: 2 })).toEqual(BORN);
  expect(reads).toEqual([]);
});
