import { base64urlEncode, type JsonObject } from '@civitas/canon';
import { LedgerServiceClient, LedgerServiceService } from '@civitas/proto/civitas/node/v1/ledger';
import { ChannelCredentials, Server, ServerCredentials } from '@grpc/grpc-js';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createFakeLedger, type FakeLedger } from '../testing/fake-ledger.ts';
import { newSeed, type ProposingLedger, platformKeyOf } from './platform-operations.ts';
import { ensureProposal, findFreeProposalId, findProposal, type Looker, type ProposalState, proposeAs } from './proposals.ts';

const change: JsonObject = { kind: 'setTerms', peer: 'jincheng-health-1', terms: {} };
const wish = { identity: change, build: () => Promise.resolve(change) };

let fake: FakeLedger;
let server: Server;
let client: LedgerServiceClient;
let ledger: ProposingLedger;

const aLooker = (): Looker => ({ clock: { nowUnixMs: () => 1_800_000_000_000 }, facts: { seenDecided: new Set() } });
const looks = (looker: Looker): Promise<ProposalState> => ensureProposal(ledger, wish, looker);

/** Members decide what stands open, in the block before the next question. */
function decide(): void {
  for (const [key, record] of fake.records) fake.records.set(key, { ...record, status: 'applied' });
}

beforeEach(async () => {
  fake = createFakeLedger();
  server = new Server();
  server.addService(LedgerServiceService, fake.service);
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    ),
  );
  client = new LedgerServiceClient(`127.0.0.1:${port}`, ChannelCredentials.createInsecure());
  const genesisHash = base64urlEncode(new Uint8Array(32));
  ledger = { chainId: 'jincheng-city-1', genesisHash, connection: { ledger: client }, key: platformKeyOf(newSeed()) };
});

afterEach(() => {
  client.close();
  server.forceShutdown();
});

test('what members decide between the look at the ledger and the look at its proposals is not put before them again', async () => {
  const looker = aLooker();
  expect(await looks(looker)).toEqual({ state: 'open', approvals: 0 });
  expect(await looks(looker)).toEqual({ state: 'open', approvals: 0 });
  decide();
  // This look found the change missing a moment before it was decided: the next one does not find it missing and asks no more.
  expect(await looks(looker)).toMatchObject({ state: 'waiting' });
  expect(fake.proposed).toHaveLength(1);
});

test('what is needed again after it was decided is proposed anew, by a look that has read the ledger since', async () => {
  const looker = aLooker();
  await looks(looker);
  decide();
  expect([await looks(looker), await looks(looker)]).toMatchObject([{ state: 'waiting' }, { state: 'open' }]);
  expect(await looks(looker)).toMatchObject({ state: 'open' });
  decide();
  expect([await looks(looker), await looks(looker)]).toMatchObject([{ state: 'waiting' }, { state: 'open' }]);
  expect(fake.proposed).toHaveLength(3);
});

test('an operator that has just started proposes nothing anew at its first look either', async () => {
  await looks(aLooker());
  decide();
  expect(await looks(aLooker())).toMatchObject({ state: 'waiting' });
  expect(fake.proposed).toHaveLength(1);
});

test('one that nobody decided in its time is over, and its change is proposed under the next id', async () => {
  const [proposedAtUnixMs, dayMs] = [1_800_000_000_000, 24 * 3_600_000];
  const free = (nowUnixMs: number): Promise<string | undefined> => findFreeProposalId(ledger, change, nowUnixMs);
  const first = (await free(proposedAtUnixMs)) ?? '';
  expect((await findProposal(ledger, first, proposedAtUnixMs)).status).toBe('absent');
  await proposeAs(ledger, first, change, proposedAtUnixMs);
  const key = `network.members/proposals/${first}`;
  fake.records.set(key, { ...fake.records.get(key), proposedAtUnixMs });
  // Members need not decide twice what stands open.
  expect([await free(proposedAtUnixMs), (await findProposal(ledger, first, proposedAtUnixMs)).status]).toEqual([first, 'open']);
  const later = proposedAtUnixMs + 31 * dayMs;
  expect((await findProposal(ledger, first, later)).status).toBe('over');
  const second = (await free(later)) ?? '';
  expect(second).not.toBe(first);
  expect(await proposeAs(ledger, second, change, later)).toEqual({ state: 'open', approvals: 0 });
  fake.records.set(key, { ...fake.records.get(key), status: 'withdrawn' });
  expect((await findProposal(ledger, first, proposedAtUnixMs)).status).toBe('over');
});
