import { base64urlEncode, type Json, type JsonObject } from '@civitas/canon';
import { describe, expect, test } from '@jest/globals';
import { aNetwork, approverKey, founderKey, platformKey, relayKey, secondApproverKey } from './ledger-fixture.ts';
import { aLink, CITY, codeOf, decide, HEALTH, registered, resultOf, send, statuses, validatorsOf } from './link.fixture.ts';
import { acknowledgeArgs, receiveArgs, SimulatedLedger, timeoutArgs, updatesFrom } from './simulated-ledger.fixture.ts';

describe('links', () => {
  test('a packet goes out, is received once, and its acknowledgement deletes commitment and body', () => {
    const { city, health } = aLink();
    expect(resultOf(send(health, city))).toEqual({ sequence: 1 });
    const received = city.relay('receive', receiveArgs(health, city, [1]));
    expect(statuses(received)).toEqual(['received']);
    expect(city.records.get('test.probe/items/received-1')).toEqual({ value: { n: 1 } });
    city.block();
    const again = city.relay('receive', receiveArgs(health, city, [1]));
    expect(statuses(again)).toEqual(['duplicate']);
    const acknowledged = health.relay('acknowledge', acknowledgeArgs(health, city, [1]));
    expect(statuses(acknowledged)).toEqual(['acknowledged']);
    expect(health.records.get('test.probe/heard/1-ok')).toBeDefined();
    expect(health.records.get(`links/${CITY}/out/000000000001`)).toBeUndefined();
    expect(health.records.get(`links/${CITY}/body/000000000001`)).toBeUndefined();
    expect(health.records.get(`links/${CITY}/counter`)).toMatchObject({ inFlight: 0, acknowledged: 1 });
    expect(statuses(health.relay('acknowledge', acknowledgeArgs(health, city, [1])))).toEqual(['duplicate']);
  });

  test('a failed and a throwing receiver give an error acknowledgement and leave nothing else behind', () => {
    const { city, health } = aLink();
    send(health, city, { fail: true });
    send(health, city, { throw: true });
    send(health, city, { n: 1 }, { version: 'v9' });
    const received = city.relay('receive', receiveArgs(health, city, [1, 2, 3]));
    const results = resultOf(received)['results'] as { acknowledgement: { payloads: { status: string; code: string }[] } }[];
    expect(results.map(({ acknowledgement }) => acknowledgement.payloads[0]?.code)).toEqual(['STATE', 'CONTRACT_FAULT', 'UNKNOWN_PORT']);
    expect(city.records.get('test.probe/items/received-1')).toBeUndefined();
    city.block();
    health.relay('acknowledge', acknowledgeArgs(health, city, [1, 2, 3]));
    expect(health.records.get('test.probe/heard/1-error')).toBeDefined();
  });

  test('one failed payload undoes the others of its packet, and each says so', () => {
    const { city, health } = aLink();
    send(health, city, { n: 1 }, { second: { fail: true } });
    const received = city.relay('receive', receiveArgs(health, city, [1]));
    const [result] = resultOf(received)['results'] as { acknowledgement: { payloads: JsonObject[] } }[];
    expect(result?.acknowledgement.payloads).toMatchObject([
      { status: 'error', code: 'UNDONE', facts: { payload: 1 } },
      { status: 'error', code: 'STATE' },
    ]);
    expect(city.records.get('test.probe/items/received-1')).toBeUndefined();
  });

  test('a packet past its timeout is refused by the destination and ended by proof of absence', () => {
    const { city, health } = aLink();
    send(health, city);
    expect(codeOf(health.relay('timeout', timeoutArgs(health, city, 1, 'absent')))).toBe('NOT_TIMED_OUT');
    city.block([], 120_000);
    city.block();
    expect(codeOf(city.relay('receive', receiveArgs(health, city, [1])))).toBe('PACKET_TIMED_OUT');
    health.block([], 120_000);
    expect(statuses(health.relay('timeout', timeoutArgs(health, city, 1, 'absent')))).toEqual(['timed-out']);
    expect(health.records.get('test.probe/heard/1-timeout')).toBeDefined();
    expect(statuses(health.relay('timeout', timeoutArgs(health, city, 1, 'absent')))).toEqual(['duplicate']);
  });

  test('a received packet cannot be timed out', () => {
    const { city, health } = aLink();
    send(health, city);
    city.relay('receive', receiveArgs(health, city, [1]));
    city.block([], 120_000);
    city.block();
    health.block([], 120_000);
    expect(codeOf(health.relay('timeout', timeoutArgs(health, city, 1, 'absent')))).toBe('PROOF_INVALID');
  });

  test('a deferred answer becomes final before its due time, and never after', () => {
    const { city, health } = aLink();
    const due = city.nextTimeUnixMs + 60_000;
    send(health, city, { deferUntil: due });
    send(health, city, { deferUntil: due });
    city.relay('receive', receiveArgs(health, city, [1, 2]));
    city.block();
    expect(statuses(health.relay('acknowledge', acknowledgeArgs(health, city, [1, 2])))).toEqual(['deferred', 'deferred']);
    expect(health.records.get('test.probe/heard/1-deferred')).toBeDefined();
    expect(codeOf(city.run({ method: 'answer', args: { peer: HEALTH, sequence: 9 } }))).toBe('NOT_DEFERRED');
    expect(codeOf(city.run({ method: 'answer', args: { peer: HEALTH, sequence: 1 } }))).toBe('ok');
    expect(codeOf(city.run({ method: 'answer', args: { peer: HEALTH, sequence: 1 } }))).toBe('NOT_DEFERRED');
    city.block();
    expect(statuses(health.relay('acknowledge', acknowledgeArgs(health, city, [1])))).toEqual(['acknowledged']);
    expect(codeOf(health.relay('timeout', timeoutArgs(health, city, 2, 'past-due')))).toBe('NOT_TIMED_OUT');
    city.block([], 120_000);
    expect(codeOf(city.run({ method: 'answer', args: { peer: HEALTH, sequence: 2 } }))).toBe('PAST_DUE');
    health.block([], 120_000);
    expect(statuses(health.relay('timeout', timeoutArgs(health, city, 2, 'past-due')))).toEqual(['timed-out']);
    expect(codeOf(city.run({ method: 'answer', args: { peer: HEALTH, sequence: 2 } }))).toBe('PAST_DUE');
  });

  test('one packet of a lane is open at a time, and a timeout is noted as a skip', () => {
    const { city, health } = aLink();
    send(health, city, {}, { lane: 'case/7' });
    expect(codeOf(send(health, city, {}, { lane: 'case/7' }))).toBe('LANE_BUSY');
    city.block([], 200_000);
    city.block();
    health.block([], 200_000);
    health.relay('timeout', timeoutArgs(health, city, 1, 'absent'));
    expect(health.records.get(`links/${CITY}/lane/case%2F7`)).toEqual({ openSequence: 0, skips: [1] });
    expect(codeOf(send(health, city, {}, { lane: 'case/7' }))).toBe('ok');
  });

  test('terms bound ports and rate', () => {
    const { city, health } = aLink();
    const terms = { portsIn: ['test.probe'], portsOut: ['test.probe'], packetsPerMinute: 1, bytesPerMinute: 100_000 };
    decide(health, { kind: 'setTerms', peer: CITY, terms });
    expect(codeOf(send(health, city))).toBe('ok');
    expect(codeOf(send(health, city))).toBe('QUOTA');
    decide(health, { kind: 'setTerms', peer: CITY, terms: { ...terms, portsOut: [], packetsPerMinute: 100, bytesPerMinute: 10 } });
    expect(codeOf(send(health, city))).toBe('PORT_NOT_ALLOWED');
    decide(health, { kind: 'setTerms', peer: CITY, terms: { ...terms, packetsPerMinute: 100, bytesPerMinute: 10 } });
    expect(codeOf(send(health, city))).toBe('QUOTA');
    decide(city, { kind: 'setTerms', peer: HEALTH, terms: { ...terms, portsIn: [] } });
    const received = resultOf(city.relay('receive', receiveArgs(health, city, [1])))['results'] as { acknowledgement: JsonObject }[];
    expect(JSON.stringify(received[0]?.acknowledgement)).toContain('PORT_NOT_ALLOWED');
    expect(codeOf(health.run({ method: 'send', args: { to: CITY, timeoutUnixMs: 1, value: {} } }))).toBe('TIMEOUT_RANGE');
    expect(codeOf(health.run({ method: 'send', args: { to: 'nowhere-1', timeoutUnixMs: 1, value: {} } }))).toBe('CLIENT_UNKNOWN');
  });

  test('nobody creates a client without members: not the relay, not the platform, not a member alone', () => {
    const city = new SimulatedLedger(aNetwork(CITY));
    const healthNetwork = aNetwork(HEALTH);
    city.block();
    const change = { kind: 'createClient', chainId: HEALTH, validators: validatorsOf(healthNetwork) };
    const propose = { contract: 'network.members@v1', method: 'propose', args: { change } };
    expect(codeOf(city.run({ ...propose, organisation: 'platform', role: 'platform', key: platformKey }))).toBe('STATE');
    city.records.records.set(`city.registry/networks/${HEALTH}`, registered(healthNetwork));
    expect(codeOf(city.run({ ...propose, organisation: 'platform', role: 'relay', key: relayKey }))).toBe('NOT_AUTHORISED');
    const wrong = { ...change, validators: validatorsOf(aNetwork('other-health-1')) };
    expect(codeOf(city.run({ ...propose, args: { change: wrong } }))).toBe('VALIDATORS_HASH');
    const { proposal } = resultOf(city.run({ ...propose, organisation: 'platform', role: 'platform', key: platformKey }));
    const approve = { contract: 'network.members@v1', method: 'approve', args: { proposal: proposal ?? '' } };
    expect(codeOf(city.run({ ...approve, organisation: 'platform', role: 'member', key: platformKey, coSigners: [approverKey] }))).toBe(
      'NOT_AUTHORISED',
    );
    expect(codeOf(city.run(approve))).toBe('CO_SIGNATURES_MISSING');
    expect(codeOf(city.run({ ...approve, coSigners: [secondApproverKey] }))).toBe('NOT_AUTHORISED');
    expect(codeOf(city.run({ ...approve, coSigners: [founderKey] }))).toBe('CO_SIGNATURE_INVALID');
    expect(codeOf(city.relay('update', { updates: [{ peer: HEALTH, lightBlocks: ['AA'] }] }))).toBe('CLIENT_UNKNOWN');
    expect(city.records.get(`links/${HEALTH}/client`)).toBeUndefined();
    expect(resultOf(city.run({ ...approve, coSigners: [approverKey] }))).toMatchObject({ status: 'applied' });
    expect(city.records.get(`links/${HEALTH}/client`)).toMatchObject({ status: 'Active', latestHeight: 0 });
    expect(codeOf(city.run(propose))).toBe('DUPLICATE');
  });

  test('elsewhere than on the city a client needs the registry’s record with its proof', () => {
    const { city, health } = aLink();
    const courts = aNetwork('jincheng-courts-1');
    const key = `city.registry/networks/${courts.chainId}`;
    const record = registered(courts);
    const change = { kind: 'createClient', chainId: courts.chainId, validators: validatorsOf(courts) };
    expect(codeOf(decide(health, change))).toBe('ARGS_INVALID');
    // The registry's contract writes it in a block of its own; here any block commits what stands in the records.
    city.run({ method: 'put', args: { id: 'x', value: '1' } });
    const { proof } = city.prove(key, city.height);
    health.relay('update', { updates: updatesFrom(city, city.height) });
    const claim = { peer: CITY, headerHeight: city.height, proof };
    expect(codeOf(decide(health, { ...change, record, proof: claim }))).toBe('PROOF_INVALID');
    expect(codeOf(decide(health, { ...change, record, proof: { ...claim, headerHeight: 999 } }))).toBe('HEADER_UNKNOWN');
    expect(codeOf(decide(health, { ...change, record, proof: { ...claim, peer: 'other-city-1' } }))).toBe('NOT_AUTHORISED');
  });

  test('two certified headers at one height freeze the client, and members thaw it', () => {
    const { city, health } = aLink();
    const fork = new SimulatedLedger(health.network);
    fork.block();
    fork.run({ method: 'put', args: { id: 'lie', value: '1' } });
    health.block();
    const lightBlocks = { first: health.lightBlockText(2), second: fork.lightBlockText(2) };
    expect(codeOf(city.relay('misbehaviour', { peer: HEALTH, first: lightBlocks.first, second: lightBlocks.first }))).toBe(
      'NOT_MISBEHAVIOUR',
    );
    expect(codeOf(city.relay('misbehaviour', { peer: 'nowhere-1', ...lightBlocks }))).toBe('CLIENT_UNKNOWN');
    const evidence = city.run({ contract: 'links@v1', method: 'misbehaviour', args: { peer: HEALTH, ...lightBlocks } });
    expect(resultOf(evidence)).toMatchObject({ frozen: true, reason: 'TWO_HEADERS' });
    expect(codeOf(city.relay('update', { updates: updatesFrom(health, 2) }))).toBe('CLIENT_FROZEN');
    expect(codeOf(send(city, health))).toBe('CLIENT_FROZEN');
    expect(codeOf(city.relay('misbehaviour', { peer: HEALTH, ...lightBlocks }))).toBe('STATE');
    expect(resultOf(decide(city, { kind: 'thawClient', peer: HEALTH, lightBlock: health.lightBlockText(2) }))).toMatchObject({
      status: 'applied',
    });
    expect(codeOf(decide(city, { kind: 'thawClient', peer: HEALTH, lightBlock: health.lightBlockText(2) }))).toBe('STATE');
    expect(codeOf(send(city, health))).toBe('ok');
    const second = city.relay('update', { updates: [{ peer: HEALTH, lightBlocks: [lightBlocks.second] }] });
    expect(resultOf(second)).toMatchObject({ effects: [{ effect: 'frozen' }] });
    expect(city.records.get(`links/${HEALTH}/client`)).toMatchObject({ status: 'Frozen' });
  });

  test('outside a delivery one header a second of header time is stored', () => {
    const { city, health } = aLink();
    for (let i = 0; i < 3; i++) health.block([], 100);
    const update = (height: number): Json =>
      (resultOf(city.relay('update', { updates: updatesFrom(health, height) }))['effects'] as JsonObject[])[0]?.['effect'] ?? null;
    expect(update(2)).toBe('stored');
    expect(update(3)).toBe('skipped');
    expect(update(2)).toBe('known');
    health.block([], 2000);
    health.block();
    expect(update(health.height)).toBe('stored');
  });

  test('a delivery may fill in an older header, from the set that is trusted now', () => {
    const { city, health } = aLink();
    send(health, city);
    const older = health.height;
    for (let i = 0; i < 5; i++) health.block([], 2000);
    city.relay('update', { updates: updatesFrom(health, health.height) });
    expect(codeOf(city.relay('receive', { ...receiveArgs(health, city, [1], older), updates: [] }))).toBe('HEADER_UNKNOWN');
    expect(statuses(city.relay('receive', receiveArgs(health, city, [1], older)))).toEqual(['received']);
    expect(city.records.get(`links/${HEALTH}/client`)).toMatchObject({ latestHeight: health.height });
  });

  test('a header of a set that is no longer trusted fills nothing in, and one whose base set is not held is not judged', () => {
    const { city, health } = aLink();
    for (let i = 0; i < 6; i++) health.block([], 2000);
    city.relay('update', { updates: updatesFrom(health, 4) });
    const platform = { organisation: 'platform', role: 'platform', key: platformKey };
    const update = (height: number) =>
      city.run({ ...platform, contract: 'links@v1', method: 'update', args: { updates: updatesFrom(health, height) } });
    const key = `links/${HEALTH}/client`;
    const client = city.records.get(key) ?? {};
    // As after the peer's validators have changed: the older header's set is another than the one trusted now.
    city.records.records.set(key, { ...client, nextValidatorsHash: base64urlEncode(new Uint8Array(32)) });
    expect(codeOf(update(2))).toBe('HEADER_TOO_OLD');
    city.records.records.set(key, client);
    city.records.records.delete(`links/${HEALTH}/validators/${String(client['nextValidatorsHash'])}`);
    expect(codeOf(update(7))).toBe('VALIDATORS_UNKNOWN');
    expect(resultOf(update(5))).toMatchObject({ effects: [{ effect: 'stored' }] });
  });

  test('the header that shows an announced set is stored, however soon it comes', () => {
    const { city, health } = aLink();
    for (let i = 0; i < 3; i++) health.block([], 2000);
    health.block([], 10);
    const trusted = health.height;
    for (let i = 0; i < 3; i++) health.block([], 10);
    const update = (height: number) => resultOf(city.relay('update', { updates: updatesFrom(health, height) }));
    expect(update(trusted)).toMatchObject({ effects: [{ effect: 'stored' }] });
    const { nextValidatorsHash } = city.records.get(`links/${HEALTH}/client`) ?? {};
    const key = `links/${HEALTH}/validators/${String(nextValidatorsHash)}`;
    const set = city.records.get(key) ?? {};
    // As after the peer's validators have changed: the set that comes next was announced and never shown.
    city.records.records.delete(key);
    expect(codeOf(city.relay('update', { updates: updatesFrom(health, trusted + 2) }))).toBe('ok');
    expect(update(trusted + 1)).toMatchObject({ effects: [{ effect: 'stored' }] });
    city.records.records.set(key, set);
    expect(update(trusted + 2)).toMatchObject({ effects: [{ effect: 'skipped' }] });
  });

  test('a client that heard nothing for its trust period is stale until its trusted validators sign again', () => {
    const { city, health } = aLink();
    health.block();
    city.relay('update', { updates: updatesFrom(health, health.height) });
    const days = 15 * 24 * 3_600_000;
    city.block([], days);
    health.block([], days);
    health.block();
    expect(codeOf(send(city, health))).toBe('CLIENT_NOT_ACTIVE');
    expect(resultOf(city.relay('update', { updates: updatesFrom(health, health.height) }))).toMatchObject({
      effects: [{ effect: 'stored' }],
    });
    expect(codeOf(send(city, health))).toBe('ok');
  });

  test('a tombstone lifts only the time condition of a timeout', () => {
    const { city, health } = aLink();
    send(health, city);
    send(health, city);
    city.relay('receive', receiveArgs(health, city, [1]));
    city.block();
    health.relay('update', { updates: updatesFrom(city, city.height) });
    decide(health, { kind: 'tombstoneClient', peer: CITY });
    const at = Number((health.records.get(`links/${CITY}/client`) ?? {})['endedAtHeight']);
    const args = (sequence: number): JsonObject => ({ ...timeoutArgs(health, city, sequence, 'absent', at), updates: [] });
    expect(codeOf(health.relay('timeout', args(1)))).toBe('PROOF_INVALID');
    expect(statuses(health.relay('timeout', args(2)))).toEqual(['timed-out']);
    expect(codeOf(send(health, city))).toBe('CLIENT_NOT_ACTIVE');
    expect(codeOf(decide(health, { kind: 'tombstoneClient', peer: CITY }))).toBe('STATE');
  });

  test('an acknowledgement of another packet is refused', () => {
    const { city, health } = aLink();
    send(health, city);
    send(health, city);
    city.relay('receive', receiveArgs(health, city, [1, 2]));
    city.block();
    const [first, second] = acknowledgeArgs(health, city, [1, 2])['packets'] as JsonObject[];
    const swapped = { ...acknowledgeArgs(health, city, [1]), packets: [{ ...first, acknowledgement: second?.['acknowledgement'] ?? {} }] };
    expect(codeOf(health.relay('acknowledge', swapped as JsonObject))).toBe('ACKNOWLEDGEMENT_MISMATCH');
  });

  test('a packet for another network is refused, and one whose sequence was used before is reported', () => {
    const { city, health } = aLink();
    send(health, city);
    const honest = receiveArgs(health, city, [1]);
    const [first] = honest['packets'] as { packet: JsonObject }[];
    const misrouted = { ...first, packet: { ...first?.packet, destination: 'jincheng-courts-1' } };
    expect(codeOf(city.relay('receive', { ...honest, packets: [misrouted] }))).toBe('PACKET_MISROUTED');
    expect(statuses(city.relay('receive', honest))).toEqual(['received']);
    // A source that forgot what it sent, as after an unlawful restore, uses the sequence again.
    health.records.records.delete(`links/${CITY}/counter`);
    expect(resultOf(send(health, city, { n: 2 }))).toEqual({ sequence: 1 });
    expect(codeOf(city.relay('receive', receiveArgs(health, city, [1])))).toBe('RECEIPT_CONFLICT');
  });
});
