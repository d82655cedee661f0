import { readFileSync } from 'node:fs';
import { base64urlEncode } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import type { TestCity } from '@civitas/contracts/testing';
import { verifyBundle } from '@civitas/proofs';
import { beforeAll, expect, test } from '@jest/globals';
import { generatePerson } from '../samples/people.ts';
import { seededRandom } from '../samples/random.ts';
import type { Parties } from '../sdk/parties.ts';
import type { SubjectClient } from '../sdk/subject-client.ts';
import { prepareCity } from './city/prepare-city.ts';
import { FLOWS, runCase } from './run-case.ts';
import { openTestParties } from './testing/test-parties.ts';

let parties: Parties;
let city: TestCity;

beforeAll(async () => {
  ({ parties, city } = await openTestParties());
  await prepareCity({ parties });
});

const BRANCHES = FLOWS.flatMap((flow) => flow.branches.map((branch) => [flow.name, branch.name] as const));

test.each(BRANCHES)('%s / %s goes as its branch says, and its bundle verifies', async (flow, branch) => {
  const result = await runCase({ flow, branch, seed: 11, parties });
  expect(result.report.ok).toBe(true);
  expect(result.steps.length).toBeGreaterThan(2);
  const verified = verifyBundle(nodeCrypto, new Uint8Array(readFileSync(result.bundlePath)));
  expect(verified.ok && verified.value.ok).toBe(true);
});

test('the happy paths carry evidence of three ledgers each', async () => {
  for (const { name } of FLOWS) {
    const { report } = await runCase({ flow: name, seed: 12, parties });
    expect(report.networks.length).toBeGreaterThanOrEqual(3);
  }
});

test('the registrar confirms a registered network whose genesis is the one its members were given, and no other', async () => {
  const register = (network: string, genesisHash: string) => {
    const { chainId } = parties.anyLedger(network);
    const args = { chainId, name: network, domain: network, city: 'jincheng', genesisHash, validatorsHash: genesisHash, predecessor: null };
    return city.ledger('city').call({ contract: 'city.registry', method: 'register', role: 'platform', organisation: 'platform', args });
  };
  const given = base64urlEncode(parties.anyLedger('health').access.genesisHash);
  expect([register('health', given).ok, register('courts', given).ok]).toEqual([true, true]);

  await prepareCity({ parties });

  const statusOf = (network: string) => {
    const { chainId } = parties.anyLedger(network);
    return city.ledger('city').read(`city.registry/networks/${chainId}`)?.['status'];
  };
  expect([statusOf('health'), statusOf('courts')]).toEqual(['confirmed', 'registered']);
});

test('preparing the city a second time changes nothing', async () => {
  const before = city.ledger('housing').height;
  await prepareCity({ parties });
  expect(city.ledger('housing').height).toBe(before);
});

test('no ledger of the city holds the name, identity number or birth date of the case’s person', async () => {
  const identifiers: string[] = [];
  const tied: { readonly account: string }[] = [];
  const subjects = (agency: string): SubjectClient => {
    const client = parties.subjects(agency);
    const assign: SubjectClient['assign'] = (args) => {
      identifiers.push(args.identifier);
      return client.assign(args);
    };
    const tieAccount: SubjectClient['tieAccount'] = (args) => {
      tied.push(args);
      return client.tieAccount(args);
    };
    return { ...client, assign, tieAccount };
  };
  await runCase({ flow: 'serious-illness', seed: 77, parties: { ...parties, subjects }, account: 'account-1' });
  expect(tied).toEqual([{ system: expect.any(String), identifier: identifiers[0], account: 'account-1' }]);
  // The flow first draws the amount, then the person.
  const random = seededRandom(77);
  random.between(800, 9_000);
  const { birthDate, familyName, givenName } = generatePerson(random);
  expect(new Set(identifiers).size).toBe(1);
  for (const domain of ['city', 'health', 'housing'] as const) {
    const dump = city.ledger(domain).state.dump();
    for (const secret of [...identifiers, birthDate, familyName + givenName]) expect(dump).not.toContain(secret);
  }
});
