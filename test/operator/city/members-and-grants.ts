import { waitFor } from '@civitas/testkit';
import { expect } from '@jest/globals';
import type { CityUnderTest } from './city-under-test.ts';

const WITHIN_MS = 90_000;

/** An organisation that members let in by an object, and out again. */
export async function enrolAndEnd(city: CityUnderTest): Promise<void> {
  const { view } = city;
  const name = 'court-in-transport';
  const stands = async (): Promise<unknown> => (await city.recordOf('transport', 'network.members/organisations/court-1'))?.['status'];
  await view.apply('AgencyMembership', name, { agencyRef: 'court-1', networkRef: 'transport' });
  await view.until('AgencyMembership', name, (it) => it?.status?.phase === 'Enrolled', WITHIN_MS);
  expect(await stands()).toBe('enrolled');

  await view.patch('AgencyMembership', name, { ended: true });
  await view.until('AgencyMembership', name, (it) => it?.status?.phase === 'Removed', WITHIN_MS);
  expect(await stands()).toBe('removed');
  await view.delete('AgencyMembership', name);
  await view.until('AgencyMembership', name, (it) => it === undefined, WITHIN_MS);
}

/** A link of which the target's side says who may use it. */
export async function grantAndTakeBack(city: CityUnderTest): Promise<void> {
  const { view } = city;
  const portsIn = async (): Promise<unknown> => (await city.recordOf('housing', 'links/jincheng-city-1/terms'))?.['portsIn'];
  const granted = () => view.condition('LedgerLink', 'city-housing', 'Granted');
  await view.until('LedgerLink', 'city-housing', () => granted()?.status === 'True', WITHIN_MS);
  const before = await portsIn();
  expect(before).not.toEqual([]);

  await view.apply('LedgerLinkGrant', 'health-alone', { to: 'housing', from: ['health'] });
  await view.until('LedgerLink', 'city-housing', () => granted()?.reason === 'NoGrant', WITHIN_MS);
  await waitFor('terms that let nothing in', async () => JSON.stringify(await portsIn()) === '[]', WITHIN_MS);
  expect(view.condition('LedgerLink', 'health-housing', 'Granted')?.status).toBe('True');

  await view.delete('LedgerLinkGrant', 'health-alone');
  await view.until('LedgerLink', 'city-housing', () => granted()?.status === 'True', WITHIN_MS);
  await waitFor('terms as before', async () => JSON.stringify(await portsIn()) === JSON.stringify(before), WITHIN_MS);
}
