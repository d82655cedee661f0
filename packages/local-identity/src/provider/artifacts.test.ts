import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { AdapterFactory } from 'oidc-provider';
import { ENTRIES_OF_PERSON_MAX, INTERACTIONS_MAX } from '../limits.ts';
import { type Journal, openJournal } from '../store/journal.ts';
import { createArtifacts } from './artifacts.ts';

// Disks of a busy machine.
jest.setTimeout(60_000);

describe('what the provider keeps', () => {
  let folder: string;
  let journal: Journal;
  let artifacts: AdapterFactory;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'civitas-artifacts-'));
    journal = await openJournal(join(folder, 'sessions.log'), () => 1000);
    artifacts = createArtifacts({
      journal,
      nowUnixS: () => 1000,
      findClient: () => undefined,
      isSessionLive: ({ accountId }) => accountId !== 'gone',
    });
  });
  afterEach(async () => {
    await journal.close();
    await rm(folder, { recursive: true, force: true });
  });

  test('nobody who has not signed in writes to the disk, and sign-ins under way are bounded', async () => {
    await artifacts('Session').upsert('s', { uid: 'u' }, 60);
    await artifacts('AuthorizationCode').upsert('c', { accountId: 'a' }, 60);
    for (let index = 0; index < INTERACTIONS_MAX; index += 1) await artifacts('Interaction').upsert(`i${index}`, {}, 60);
    expect(journal.size()).toBe(0);
    expect(await artifacts('Session').find('s')).toBeUndefined();
    expect(await artifacts('Interaction').find(`i${INTERACTIONS_MAX - 1}`)).toEqual({});
  });

  test('one person fills their own room only: used tokens go first, then the oldest', async () => {
    const tokens = artifacts('RefreshToken');
    await tokens.upsert('other', { accountId: 'b', iat: 1 }, 600);
    for (let index = 0; index < ENTRIES_OF_PERSON_MAX; index += 1)
      await tokens.upsert(`t${index}`, { accountId: 'a', iat: index, exp: 1600 }, 600);
    await tokens.consume('t7');
    await tokens.upsert('new-1', { accountId: 'a', iat: 500 }, 600);
    await tokens.upsert('new-2', { accountId: 'a', iat: 500 }, 600);
    expect(await tokens.find('t7')).toBeUndefined();
    expect(await tokens.find('t0')).toBeUndefined();
    for (const kept of ['t1', 't99', 'new-1', 'new-2', 'other']) expect(await tokens.find(kept)).toBeDefined();
  });

  test('the session of somebody who is gone is none, by its id and by its uid', async () => {
    const sessions = artifacts('Session');
    await sessions.upsert('s', { accountId: 'gone', uid: 'u' }, 600);
    await sessions.upsert('t', { accountId: 'here', uid: 'v' }, 600);
    expect(await sessions.find('s')).toBeUndefined();
    expect(await sessions.findByUid('u')).toBeUndefined();
    expect(await sessions.findByUid('v')).toMatchObject({ accountId: 'here' });
    expect(await sessions.findByUid('w')).toBeUndefined();
  });

  test('revoking a grant takes its tokens and codes, and no others', async () => {
    await artifacts('RefreshToken').upsert('r', { accountId: 'a', grantId: 'g' }, 600);
    await artifacts('RefreshToken').upsert('q', { accountId: 'a', grantId: 'h' }, 600);
    await artifacts('AuthorizationCode').upsert('c', { accountId: 'a', grantId: 'g' }, 60);
    await artifacts('RefreshToken').revokeByGrantId('g');
    await artifacts('AuthorizationCode').revokeByGrantId('g');
    expect(await artifacts('RefreshToken').find('r')).toBeUndefined();
    expect(await artifacts('AuthorizationCode').find('c')).toBeUndefined();
    expect(await artifacts('RefreshToken').find('q')).toBeDefined();
  });
});
