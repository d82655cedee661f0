import { connectCluster } from '@civitas/cli';
import { waitFor } from '@civitas/testkit';
import { expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { resourceOf } from '../../../tools/start/manifests.ts';
import { takeAgencyIn } from './agency-journeys.ts';
import { removeAgency } from './agency-removal.ts';
import { approveWithOwnKey, enrolOwnKey, proposeParty, seeDecided, seeEnrolled } from './approve-with-own-key.ts';
import {
  accountOf,
  disputeAccess,
  grantConsent,
  inWindow,
  makeFine,
  PLATE,
  payAtBank,
  submitFineCase,
  withdrawConsent,
} from './case-journeys.ts';
import { openWindow, PAGE_TIMEOUT_MS } from './chromium.ts';
import { type ConsoleCity, openAs } from './console-city.ts';
import { introduceMember, playIllness } from './illness-journey.ts';
import { accessFaults } from './look-at-page.ts';
import { aPublicKey, foundNetwork, havePersonsApprove, nameApprover, ownPublicKey, seeAvailable, seeOwnKeyOn } from './network-journeys.ts';
import type { Person } from './people.ts';
import { findRefusedPacket } from './refused-packet.ts';
import { watchStoppedRelay } from './stopped-relay.ts';
import { loseSession, workByKeyboard } from './working-journeys.ts';

export const JOURNEY_MS = 240_000;
/** A case of several people, and a packet to another ledger and back, on a busy machine. */
const CASE_MS = 600_000;
const PACKET_MS = 150_000;
/** Nodes that are made anew, the operator's looks at them, and what waited. */
const APPROVAL_MS = 600_000;

/** A city and the browser that its people use, once a suite has started them. */
export interface Scene {
  readonly city: ConsoleCity;
  readonly browser: Browser;
  /** Of the platform's admin. */
  readonly page: Page;
  /** Keeps a picture for the guides, where they are asked for. */
  readonly keepPicture: (of: Page, name: string) => Promise<void>;
}

/** The journeys that people take in any city, whoever provides their identity. */
export function playJourneys(scene: () => Scene): void {
  playSigningIn(scene);
  playAgencies(scene);
  playCases(scene);
  playApprovals(scene);
  playWork(scene);
}

const listOfNetworks = (page: Page) => page.getByRole('grid', { name: 'Networks' });

function playSigningIn(scene: () => Scene): void {
  test(
    'the platform’s admin signs in the first time, chooses a password, and lands on the page that was asked for',
    async () => {
      const { city, page } = scene();
      await openAs(page, city, city.person('admin'), '/networks');
      await listOfNetworks(page).getByRole('link', { name: 'transport' }).waitFor();
      expect(await listOfNetworks(page).getByRole('link').allTextContents()).toEqual(['city', 'courts', 'health', 'housing', 'transport']);
      expect(new URL(page.url()).pathname).toBe('/networks');
    },
    JOURNEY_MS,
  );

  test(
    'a reload stays signed in, and no token is in the browser’s storage',
    async () => {
      const { page } = scene();
      await page.reload();
      await listOfNetworks(page).getByRole('link', { name: 'transport' }).waitFor();
      const kept = await page.evaluate<string>('JSON.stringify([{ ...localStorage }, { ...sessionStorage }])');
      expect(kept).not.toMatch(/eyJ/);
    },
    JOURNEY_MS,
  );
}

function playAgencies(scene: () => Scene): void {
  test(
    'what is hard to take back takes a second factor, and is then done, though a connection breaks on the way',
    async () => {
      const { city, page } = scene();
      const [kube, agencies, name] = [connectCluster(city.home), resourceOf('Agency'), 'museum-1'];
      const spec = { displayName: { zh: '市博物馆', en: 'City Museum' }, memberships: [] };
      const museum = { apiVersion: 'civitas.dev/v1alpha1', kind: 'Agency', metadata: { name }, spec };
      await kube.apply(agencies, museum, { fieldManager: 'civitas-test' });
      const isThere = async (): Promise<boolean> => (await kube.find(agencies, { name }))?.metadata.deletionTimestamp === undefined;
      await removeAgency(page, city, { person: city.person('admin'), name, displayName: 'City Museum' }, isThere);
      await waitFor('the agency to be gone', async () => (await kube.find(agencies, { name })) === undefined, PAGE_TIMEOUT_MS);
    },
    JOURNEY_MS,
  );

  test(
    'an agency is taken in with the wizard, and its owner accepts the invitation and signs in',
    async () => {
      const { city, page, browser } = scene();
      const ownerEmail = 'owner@hospital-9.example';
      await takeAgencyIn(page, city, { person: city.person('admin'), name: 'hospital-9', ownerEmail });
      const owner: Person = { username: 'hua.yun', password: 'seven quiet river stones' };
      await inWindow(openWindow(browser, { locale: 'en' }), async (owners) => {
        await city.join(owners, ownerEmail, owner);
        await openAs(owners, city, owner, '/agencies');
        await owners.getByRole('link', { name: 'Ninth Hospital' }).click();
        await owners.getByRole('heading', { level: 1, name: 'Ninth Hospital' }).waitFor();
      });
    },
    JOURNEY_MS,
  );
}

function playCases(scene: () => Scene): void {
  test(
    'an owner submits a case from the contract’s form, and follows it over two ledgers to its end',
    async () => {
      const { city, browser, keepPicture } = scene();
      await inWindow(openWindow(browser, { locale: 'en' }), async (owner) => {
        const path = await submitFineCase(owner, city);
        await inWindow(openWindow(browser, { locale: 'en' }), async (second) => {
          await payAtBank(city, await makeFine(second, city, path));
        });
        await owner.getByText('The case is over').waitFor({ timeout: PACKET_MS });
        const receipt = owner.getByRole('region', { name: 'Fiscal receipt' });
        await receipt.getByText('Issued').first().waitFor();
        await receipt.getByText(/Checked here: proven at height/).waitFor();
        expect(await owner.textContent('body')).not.toContain(PLATE);
        expect(await accessFaults(owner)).toEqual([]);
        await keepPicture(owner, 'case');
        await owner.getByRole('link', { name: 'Cases' }).first().click();
        const cases = owner.getByRole('grid', { name: 'Cases', exact: true });
        await cases.getByRole('link', { name: path.split('/').at(-1) ?? '' }).waitFor();
      });
    },
    CASE_MS,
  );

  test(
    'a citizen consents, people of three agencies take their case over three ledgers to its end, and the citizen sees who read what',
    async () => {
      const { city, browser, keepPicture } = scene();
      await inWindow(openWindow(browser, { locale: 'en' }), async (citizen) => {
        const member = await introduceMember(city, await accountOf(citizen, city));
        await citizen.reload();
        expect(await playIllness(browser, city, member, await grantConsent(citizen, city))).not.toContain(member.identity);
        const accesses = citizen.getByRole('grid', { name: 'Who read what about me' });
        await accesses.getByText('Housing Fund Centre').waitFor();
        await accesses.getByText('To see whether you are entitled').waitFor();
        await withdrawConsent(citizen, city);
        await disputeAccess(citizen, city);
        expect(await accessFaults(citizen)).toEqual([]);
        await keepPicture(citizen, 'citizen-list');
      });
    },
    CASE_MS,
  );
}

function playApprovals(scene: () => Scene): void {
  /** Of the owner of the court, whose key is in this browser. */
  let approver: Page;
  /** A second try founds another network. */
  let founding = 1;

  test(
    'an owner makes a key in the browser, has it enrolled with a second factor, and approves an agency with it',
    async () => {
      const { city, browser, page } = scene();
      const [person, owner] = [city.person('admin'), city.person('he.ping')];
      approver = await (await openWindow(browser, { locale: 'en' })).newPage();
      await enrolOwnKey(approver, city, owner);
      await havePersonsApprove(page, city, { person, network: 'courts', agency: 'court-1' });
      await proposeParty(city, 'notary-1');
      await approveWithOwnKey(approver, city, { person: owner, name: 'notary-1' });
      await seeDecided(approver, city);
      await seeEnrolled(page, city, 'notary-1');
    },
    APPROVAL_MS,
  );

  test(
    'a network is tried on the cluster, refused in words, founded with a person’s key, and decided about with it from the first proposal on',
    async () => {
      const { city, page } = scene();
      const [person, owner, agency] = [city.person('admin'), city.person('he.ping'), 'court-1'];
      founding += 1;
      const network = `courts-${founding}`;
      const founded = { network, chainId: `jincheng-${network}`, domain: 'Courts', agency, taken: 'courts' };
      await nameApprover(page, city, { person, agency, name: 'chief-clerk', publicKey: await ownPublicKey(approver, city, owner) });
      await foundNetwork(page, city, founded);
      await seeAvailable(page, city, network);
      await seeOwnKeyOn(approver, city, { person: owner, network });
      await nameApprover(page, city, { person, agency, name: `deputy-clerk-${founding}`, publicKey: aPublicKey() });
      await approveWithOwnKey(approver, city, { person: owner, name: agency, network });
      await approver.context().close();
    },
    APPROVAL_MS,
  );
}

function playWork(scene: () => Scene): void {
  test(
    'the relay of a link stops: its page says why and how long, proves what waits, and clears',
    () => watchStoppedRelay(scene().page, scene().city),
    APPROVAL_MS,
  );

  test(
    'a packet that another ledger refuses stands on its link’s page with its reason and its proof',
    () => {
      const { page, city, keepPicture } = scene();
      return findRefusedPacket(page, city, () => keepPicture(page, 'link-failed'));
    },
    CASE_MS,
  );

  test('a person works with the keyboard alone', () => workByKeyboard(scene().page, scene().city), JOURNEY_MS);

  test(
    'a session that ends during work loses nothing',
    () => loseSession(scene().browser, scene().city, scene().city.person('gao.yuan')),
    JOURNEY_MS,
  );
}
