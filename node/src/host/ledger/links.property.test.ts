import { base64urlDecode, base64urlEncode, type Json, type JsonObject } from '@civitas/canon';
import { seededRandom } from '@civitas/testkit';
import { fc } from '@civitas/testkit/properties';
import { describe, expect, test } from '@jest/globals';
import { aLink, CITY, codeOf, HEALTH, send, statuses } from './link.fixture.ts';
import { acknowledgeArgs, receiveArgs, timeoutArgs } from './simulated-ledger.fixture.ts';

describe('links', () => {
  test('one flipped bit in any field of packet, proof, header or commit is refused with a typed code', () => {
    const { city, health } = aLink();
    send(health, city, { text: 'hello', n: 5 }, { timeoutUnixMs: city.nextTimeUnixMs + 30 * 24 * 3_600_000 });
    const honest = receiveArgs(health, city, [1]);
    // Half of the flips hit the header with its commit, which is one leaf of many.
    const light = ['updates', 0, 'lightBlocks', 0];
    const paths = leavesOf(honest).flatMap((path) => [path, light]);
    const codes = new Set<string>();
    fc.assert(
      fc.property(fc.nat(), fc.nat(), fc.integer({ min: 0, max: 7 }), (leaf, at, bit) => {
        const forged = flip(honest, paths[leaf % paths.length] ?? [], at, bit);
        const code = codeOf(city.relay('receive', forged));
        codes.add(code);
        expect(code).not.toBe('ok');
        expect(code).not.toBe('CONTRACT_FAULT');
        expect(city.records.get(`links/${HEALTH}/in/000000000001`)).toBeUndefined();
      }),
      { numRuns: 400 },
    );
    for (const code of ['PROOF_INVALID', 'POWER_INSUFFICIENT', 'HEADER_HASH', 'LIGHT_BLOCK_MALFORMED']) expect([...codes]).toContain(code);
    expect(statuses(city.relay('receive', honest))).toEqual(['received']);
  });

  test('over random schedules nothing is delivered twice, and nothing both acknowledged and timed out', () => {
    for (let seed = 1; seed <= 15; seed++) simulate(seed);
  });
});

type Path = readonly (string | number)[];

/** Every string and number of the arguments but the ones that only say which peer and height is meant. */
function leavesOf(value: Json, path: Path = []): Path[] {
  if (Array.isArray(value)) return value.flatMap((item: Json, index) => leavesOf(item, [...path, index]));
  if (typeof value === 'object' && value !== null) return Object.entries(value).flatMap(([key, item]) => leavesOf(item, [...path, key]));
  return typeof value === 'string' || typeof value === 'number' ? [path] : [];
}

function flipLeaf(leaf: Json, at: number, bit: number): Json {
  if (typeof leaf === 'number') return leaf ^ (1 << bit);
  if (typeof leaf !== 'string') return leaf;
  const bytes = leaf.length > 20 ? base64urlDecode(leaf) : undefined;
  if (bytes !== undefined) {
    const copy = Uint8Array.from(bytes);
    copy[at % copy.length] = (copy[at % copy.length] ?? 0) ^ (1 << bit);
    return base64urlEncode(copy);
  }
  if (leaf === '') return 'x';
  const index = at % leaf.length;
  return leaf.slice(0, index) + String.fromCharCode((leaf.charCodeAt(index) ^ (1 << (bit % 5))) & 0x7f) + leaf.slice(index + 1);
}

function flip(value: JsonObject, path: Path, at: number, bit: number): JsonObject {
  const change = (node: Json, rest: Path): Json => {
    const [head, ...tail] = rest;
    if (head === undefined) return flipLeaf(node, at, bit);
    if (Array.isArray(node)) return node.map((item: Json, index) => (index === head ? change(item, tail) : item));
    const object = node as JsonObject;
    return { ...object, [head]: change(object[String(head)] ?? null, tail) };
  };
  return change(value, path) as JsonObject;
}

function simulate(seed: number): void {
  const random = seededRandom(seed);
  const { city, health } = aLink();
  let sent = 0;
  const step = (): void => {
    const stepMs = random.nextInt(4) === 0 ? 30_000 : 500;
    switch (random.nextInt(6)) {
      case 0:
        if (sent < 8 && send(health, city, random.nextBoolean() ? { n: sent } : { deferUntil: city.nextTimeUnixMs + 40_000 }).outcome.ok)
          sent++;
        return;
      case 1:
        city.block([], stepMs);
        health.block([], stepMs);
        return;
      default:
        attempt(random.nextInt(4), 1 + random.nextInt(Math.max(1, sent)));
    }
  };
  // A lying or racing relay tries whatever it likes, with honest proofs at the newest headers.
  const attempt = (verb: number, sequence: number): void => {
    if (health.records.get(`links/${CITY}/body/${String(sequence).padStart(12, '0')}`) === undefined) return;
    if (verb === 0) city.relay('receive', receiveArgs(health, city, [sequence]));
    else if (verb === 1) city.run({ method: 'answer', args: { peer: HEALTH, sequence } });
    else if (city.records.get(`links/${HEALTH}/ack/${String(sequence).padStart(12, '0')}`) === undefined) {
      health.relay('timeout', timeoutArgs(health, city, sequence, 'absent'));
    } else if (verb === 2) health.relay('acknowledge', acknowledgeArgs(health, city, [sequence]));
    else health.relay('timeout', timeoutArgs(health, city, sequence, 'past-due'));
    city.block([], 500);
    health.block([], 500);
  };
  for (let i = 0; i < 60; i++) step();
  for (let sequence = 1; sequence <= sent; sequence++) {
    const heard = (status: string): boolean => health.records.get(`test.probe/heard/${sequence}-${status}`) !== undefined;
    const name = `seed ${seed}, sequence ${sequence}`;
    const isFinal = heard('ok') || heard('error');
    expect({ name, both: isFinal && heard('timeout') }).toEqual({ name, both: false });
    const isAnswered = JSON.stringify(city.records.get(`links/${HEALTH}/ack/${String(sequence).padStart(12, '0')}`) ?? {}).includes(
      '"final":true',
    );
    expect({ name, refundedButAnswered: heard('timeout') && isAnswered }).toEqual({ name, refundedButAnswered: false });
  }
  const deliveries = city.receipts
    .flatMap(({ events }) => events)
    .filter(({ name }) => name === 'Received')
    .map(({ data }) => data['sequence']);
  expect({ seed, deliveries: new Set(deliveries).size }).toEqual({ seed, deliveries: deliveries.length });
}
