import type { Json, JsonObject } from '@civitas/canon';
import { describe, expect, test } from '@jest/globals';
import { aLink, CITY, codeOf, decide, HEALTH, resultOf, send, statuses } from './link.fixture.ts';
import { receiveArgs, SimulatedLedger, updatesFrom } from './simulated-ledger.fixture.ts';

const RULES = { protocolVersion: 5 };

/** A second history of health, certified by the same validators. It goes its own way from the first block on. */
function aFork({ network }: SimulatedLedger): SimulatedLedger {
  const fork = new SimulatedLedger(network);
  fork.block();
  return fork;
}

const update = (city: SimulatedLedger, from: SimulatedLedger, height = from.height) =>
  city.relay('update', { updates: updatesFrom(from, height) });
const effectOf = (city: SimulatedLedger, from: SimulatedLedger, height: number): Json =>
  (resultOf(update(city, from, height))['effects'] as JsonObject[])[0]?.['effect'] ?? null;
const thaw = (city: SimulatedLedger, from: SimulatedLedger, height: number) =>
  decide(city, { kind: 'thawClient', peer: HEALTH, lightBlock: from.lightBlockText(height) });

/** A city that was brought a fork's packet under a header of the fork, and saw the true header of that height afterwards. */
function aDeceivedCity(rules: typeof RULES | Record<string, never> = RULES) {
  const { city, health } = aLink(rules);
  const fork = aFork(health);
  send(fork, city, { n: 666 });
  const forkHeight = fork.height;
  update(city, fork, forkHeight);
  while (health.height < forkHeight) health.block();
  expect(effectOf(city, health, forkHeight)).toBe('frozen');
  return { city, health, fork, forkHeight, forged: { ...receiveArgs(fork, city, [1], forkHeight), updates: [] } };
}

describe('a client that members thaw', () => {
  test('proves nothing any more under the headers that it was thawed from, and goes on from the one they named', () => {
    const { city, health, forged } = aDeceivedCity();
    health.block([], 2000);
    expect(resultOf(thaw(city, health, health.height))).toMatchObject({ status: 'applied' });
    expect(codeOf(city.relay('receive', forged))).toBe('HEADER_UNKNOWN');
    expect(resultOf(send(health, city))).toEqual({ sequence: 1 });
    expect(statuses(city.relay('receive', receiveArgs(health, city, [1])))).toEqual(['received']);
  });

  test('is not frozen again by what it was frozen by', () => {
    const { city, health, fork, forkHeight, forged } = aDeceivedCity();
    health.block([], 2000);
    thaw(city, health, health.height);
    expect(effectOf(city, fork, forkHeight)).toBe('skipped');
    expect(codeOf(city.relay('receive', { ...forged, updates: updatesFrom(fork, forkHeight) }))).toBe('HEADER_TOO_OLD');
    const lightBlocks = { first: health.lightBlockText(forkHeight), second: fork.lightBlockText(forkHeight) };
    expect(codeOf(city.relay('misbehaviour', { peer: HEALTH, ...lightBlocks }))).toBe('HEADER_TOO_OLD');
    expect(city.records.get(`links/${HEALTH}/client`)).toMatchObject({ status: 'Active', thaws: 1, latestHeight: health.height });
  });

  test('may go on from a header below refused ones, however high those are', () => {
    const { city, health } = aLink(RULES);
    const fork = aFork(health);
    fork.run({ method: 'put', args: { id: 'lie', value: '1' } });
    for (let block = 0; block < 5; block++) fork.block([], 2000);
    expect([effectOf(city, fork, 3), effectOf(city, fork, fork.height)]).toEqual(['stored', 'stored']);
    while (health.height < 3) health.block();
    expect(effectOf(city, health, 3)).toBe('frozen');
    expect(resultOf(thaw(city, health, 3))).toMatchObject({ status: 'applied' });
    expect(city.records.get(`links/${HEALTH}/client`)).toMatchObject({ status: 'Active', latestHeight: 3 });
    health.block([], 2000);
    health.block();
    expect(effectOf(city, health, health.height)).toBe('stored');
  });

  test('deletes what it refused a few headers at a time', () => {
    const { city, health } = aDeceivedCity();
    health.block([], 2000);
    thaw(city, health, health.height);
    const refused = (): readonly string[] => [...city.records.records.keys()].filter((key) => key.startsWith(`links/${HEALTH}/at/`));
    health.block([], 2000);
    update(city, health);
    expect(refused()).toEqual([]);
    expect([...city.records.records.keys()].filter((key) => key.startsWith(`links/${HEALTH}/at-1/`)).length).toBeGreaterThan(0);
  });

  test('keeps its history under earlier rules, as chains that were executed by them have it', () => {
    const { city, health, forged } = aDeceivedCity({});
    health.block([], 2000);
    expect(resultOf(thaw(city, health, health.height))).toMatchObject({ status: 'applied' });
    expect(statuses(city.relay('receive', forged))).toEqual(['received']);
    expect(city.records.get(`links/${HEALTH}/client`)).not.toHaveProperty('thaws');
    expect(city.network.chainId).toBe(CITY);
  });
});
