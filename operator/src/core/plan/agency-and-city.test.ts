import { describe, expect, test } from '@jest/globals';
import { aCity, aKey, aNetwork, anAgency } from '../testing/builders.ts';
import { type AgencyProgress, agencyPhase, agencyVerdicts, type MembershipState, usedUpOf } from './agency-status.ts';
import { cityFacts, cityPhase, cityVerdicts, type ObservedCity } from './city-status.ts';
import { clientProblem } from './client-problem.ts';
import { effectiveNetwork } from './effective-network.ts';
import type { Verdict } from './network-status.ts';

const text = ({ type, status, reason, message }: Verdict): string => `${type} ${status} ${reason}: ${message}`;

function said(progress: Partial<AgencyProgress>, type: string): string {
  const whole = { memberships: [], clients: [], unknownNetworks: [], ...progress };
  const found = agencyVerdicts(anAgency('bank-1'), whole).find((verdict) => verdict.type === type);
  return found === undefined ? '' : text(found);
}

describe('an agency', () => {
  const enrolled: MembershipState = { network: 'city', state: 'Enrolled', onLedgerHeight: 9 };
  const lost: MembershipState = { network: 'water', state: 'Pending', message: 'there is no such LedgerNetwork' };
  const proposed: MembershipState = { network: 'housing', state: 'Proposed', approvalsMissing: 2, message: 'enrolOrganisation waits' };

  test('is enrolled when every network holds it', () => {
    expect(said({ memberships: [enrolled] }, 'Enrolled')).toMatch(/^Enrolled True OnLedger: /);
    expect(said({ memberships: [enrolled] }, 'Approved')).toMatch(/^Approved True ByFounders: /);
    expect(said({ memberships: [enrolled] }, 'ClientsCertified')).toBe('ClientsCertified True Issued: 0 clients');
    expect(agencyPhase(agencyVerdicts(anAgency('a'), { memberships: [enrolled], clients: [], unknownNetworks: [] }))).toBe('Enrolled');
  });

  test('names a network that does not exist, beside one it waits for', () => {
    const progress = { memberships: [enrolled, lost, proposed], unknownNetworks: ['water'] };
    expect(said(progress, 'Enrolled')).toBe(
      'Enrolled False NetworkUnknown: water: there is no such LedgerNetwork; housing: enrolOrganisation waits',
    );
    expect(said(progress, 'Approved')).toMatch(/^Approved False WaitingForApproval: /);
    expect(said({ memberships: [enrolled, lost], unknownNetworks: ['water'] }, 'Approved')).toMatch(/^Approved False NetworkUnknown: /);
  });

  test('says when its namespace has used up what it was given', () => {
    const status = { hard: { pods: '4', configmaps: '16' }, used: { pods: '4', configmaps: '3' } };
    expect(usedUpOf(status)).toEqual(['pods 4 of 4']);
    expect(usedUpOf(undefined)).toEqual([]);
    expect(said({ usedUp: usedUpOf(status) }, 'QuotaExceeded')).toMatch(/^QuotaExceeded True QuotaUsedUp: pods 4 of 4 are used/);
    expect(said({}, 'QuotaExceeded')).toMatch(/^QuotaExceeded False RoomLeft/);
  });

  test('says which client has a request or a key that cannot be taken', () => {
    const clients = [{ name: 'cli', certificates: 'agency-bank-1/client-cli', networks: 0, problem: 'the request is not PKCS#10' }];
    expect(said({ clients }, 'ClientsCertified')).toBe('ClientsCertified False RequestRefused: cli: the request is not PKCS#10');
  });

  test('takes a key of 32 bytes that no other of its clients has', () => {
    const client = (name: string, operationPublicKey: string) => ({ name, operationPublicKey, csr: '' });
    const good = client('cli', aKey(1));
    expect(clientProblem(good, [good])).toBeUndefined();
    expect(clientProblem(client('cli', 'AAAA'), [])).toContain('got 3');
    // 43 characters as the CRD wants them, and still not 32 bytes: bits are left over.
    expect(clientProblem(client('cli', `${'A'.repeat(42)}B`), [])).toContain('not base64url');
    const copy = client('copy', aKey(1));
    expect(clientProblem(copy, [good, copy])).toBe('operationPublicKey is that of client cli: each client has a key of its own');
  });

  test('is proposed without its bad clients: one bad key would have the ledger refuse all of it', () => {
    const clients = [
      { name: 'cli', operationPublicKey: aKey(1), csr: '' },
      { name: 'bad', operationPublicKey: `${'A'.repeat(42)}B`, csr: '' },
    ];
    const { members } = effectiveNetwork(aNetwork(), aCity(), [anAgency('bank-1', { clients })]);
    expect(members[0]?.clients).toEqual([{ name: 'cli', operationPublicKey: aKey(1) }]);
  });
});

describe('the installation', () => {
  const holding = (type: string, status: 'True' | 'False') => ({
    conditions: [{ type, status, reason: 'R', message: '', lastTransitionTime: '2026-01-01T00:00:00Z' }],
  });
  const whole: ObservedCity = {
    networks: [aNetwork({}, holding('Available', 'True'))],
    links: [],
    agencies: [{ ...anAgency('bank-1'), status: holding('Enrolled', 'True') }],
    older: undefined,
  };

  test('is ready when every network, link and agency is, and says how many', () => {
    expect(cityVerdicts(whole).map(text)).toEqual([
      'Ready True AllServing: 1/1 networks available, 0/0 links flowing, 1/1 agencies enrolled',
    ]);
    expect(cityPhase(cityVerdicts(whole))).toBe('Ready');
    expect(cityFacts(whole)).toEqual({ networks: '1/1', links: '0/0', agencies: '1/1' });
  });

  test('names what is missing, at most eight of it', () => {
    const agencies = Array.from({ length: 10 }, (_, index) => anAgency(`bank-${index}`));
    const [verdict] = cityVerdicts({ ...whole, agencies });
    expect([verdict?.status, verdict?.reason]).toEqual(['False', 'PartsMissing']);
    expect(verdict?.message).toBe(
      '1/1 networks available, 0/0 links flowing, 0/10 agencies enrolled; not yet: bank-0, bank-1, bank-2, bank-3, bank-4, bank-5, bank-6, bank-7 and 2 more',
    );
    expect(cityPhase(cityVerdicts({ ...whole, networks: [] }))).toBe('NoNetworks');
  });

  test('is described by its oldest CityConfig alone', () => {
    expect(cityVerdicts({ ...whole, older: 'jincheng' }).map(text)).toEqual([
      'Ready False NotTheOldest: one CityConfig an installation: jincheng is older and counts, this one is not read',
    ]);
  });
});
