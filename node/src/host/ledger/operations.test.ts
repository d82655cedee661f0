import { base64urlEncode, type Envelope, type JsonObject } from '@civitas/canon';
import type { Contract } from '@civitas/contracts';
import type { Receipt } from '@civitas/proofs';
import { aKeyPair } from '@civitas/testkit';
import { describe, expect, test } from '@jest/globals';
import { EVENTS_MAX, STEP_OPERATIONS } from '../../core/ledger/limits.ts';
import { aNetwork, approverKey, founderKey, platformKey, probe, relayKey, secondApproverKey, secondFounderKey } from './ledger-fixture.ts';
import { SimulatedLedger } from './simulated-ledger.fixture.ts';

const codeOf = (receipt: Receipt | undefined): string => {
  if (receipt === undefined) return 'no receipt';
  return receipt.outcome.ok ? 'ok' : receipt.outcome.refusal.code;
};

function aLedger(overrides: Parameters<typeof aNetwork>[1] = {}, contracts: readonly Contract[] = [probe]): SimulatedLedger {
  const ledger = new SimulatedLedger(aNetwork('jincheng-health-1', overrides), contracts);
  ledger.block();
  return ledger;
}

const only = (ledger: SimulatedLedger, envelope: Envelope): string => codeOf(ledger.block([envelope])[0]);

describe('operations', () => {
  test('of a bundle let others have their turn after each few', () => {
    const ledger = aLedger();
    const before = ledger.restCount;
    const receipts = ledger.block(
      Array.from({ length: 3 * STEP_OPERATIONS - 1 }, (_, n) => ledger.operation({ args: { id: `${n}`, value: '1' } })),
    );
    expect([receipts.length, ledger.restCount - before]).toEqual([3 * STEP_OPERATIONS - 1, 2]);
  });

  test('are refused when malformed, for another network or another genesis', () => {
    const ledger = aLedger();
    const good = ledger.operation({ args: { id: 'a', value: '1' } });
    expect(only(ledger, { ...good, body: good.body.slice(1) })).toBe('JSON_MALFORMED');
    expect(only(ledger, { ...good, signature: new Uint8Array(3) })).toBe('SIGNATURE_FORM');
    const elsewhere = new SimulatedLedger(aNetwork('jincheng-courts-1')).operation({ args: { id: 'a', value: '1' } });
    expect(only(ledger, elsewhere)).toBe('WRONG_NETWORK');
    const namesake = new SimulatedLedger(aNetwork('jincheng-health-1', { approvalThreshold: 2 })).operation({
      args: { id: 'a', value: '1' },
    });
    expect(only(ledger, namesake)).toBe('WRONG_NETWORK');
  });

  test('are refused when expired or valid for too long, and neither is charged', () => {
    const ledger = aLedger();
    const now = ledger.nextTimeUnixMs;
    expect(codeOf(ledger.run({ expiresAtUnixMs: now, intent: 1 }))).toBe('EXPIRED');
    expect(codeOf(ledger.run({ expiresAtUnixMs: now + 2 * 3_600_000, intent: 1 }))).toBe('EXPIRY_TOO_FAR');
    expect(codeOf(ledger.run({ intent: 1, args: { id: 'a', value: '1' } }))).toBe('ok');
  });

  test('are executed once for each idempotency key, until they expire', () => {
    const ledger = aLedger();
    const first = ledger.operation({ intent: 7, args: { id: 'a', value: '1' } });
    const other = ledger.operation({ intent: 7, args: { id: 'b', value: '2' } });
    const [one, two] = ledger.block([first, first]);
    expect([codeOf(one), codeOf(two)]).toEqual(['ok', 'REPLAYED']);
    expect(only(ledger, other)).toBe('REPLAYED');
    expect(ledger.records.scan({ prefix: 'ledger/replay/', limit: 10 }).length).toBe(1);
    ledger.block([], 700_000);
    expect(codeOf(ledger.run({ intent: 8, args: { id: 'c', value: '3' } }))).toBe('ok');
    expect(ledger.records.scan({ prefix: 'ledger/replay/', limit: 10 }).length).toBe(1);
    expect(codeOf(ledger.run({ intent: 7, args: { id: 'b', value: '2' } }))).toBe('ok');
  });

  test('with a forged signature touch nothing, so that the true one still executes', () => {
    const ledger = aLedger();
    const good = ledger.operation({ args: { id: 'a', value: '1' } });
    const forged = { ...good, signature: founderKey.sign(new Uint8Array(1)) };
    expect(ledger.block([forged, good]).map(codeOf)).toEqual(['SIGNATURE_INVALID', 'ok']);
  });

  test('need a known key of the organisation, in a use and a role it has', () => {
    const ledger = aLedger();
    const stranger = aKeyPair('stranger');
    expect(codeOf(ledger.run({ key: stranger }))).toBe('NOT_AUTHORISED');
    expect(codeOf(ledger.run({ organisation: 'second' }))).toBe('NOT_AUTHORISED');
    expect(codeOf(ledger.run({ role: 'custodian' }))).toBe('NOT_AUTHORISED');
    expect(codeOf(ledger.run({ key: approverKey }))).toBe('NOT_AUTHORISED');
    expect(codeOf(ledger.run({ key: relayKey, organisation: 'platform' }))).toBe('NOT_AUTHORISED');
    expect(codeOf(ledger.run({ key: platformKey, organisation: 'platform', role: 'relay' }))).toBe('NOT_AUTHORISED');
  });

  test('of a relay key reach its five verbs and nothing else', () => {
    const ledger = aLedger();
    const relay = { key: relayKey, organisation: 'platform', role: 'relay' };
    expect(codeOf(ledger.run({ ...relay, args: { id: 'a', value: '1' } }))).toBe('NOT_AUTHORISED');
    const change = { kind: 'revokeKey', keyId: founderKey.keyId };
    expect(codeOf(ledger.run({ ...relay, contract: 'network.members@v1', method: 'propose', args: { change } }))).toBe('NOT_AUTHORISED');
    expect(codeOf(ledger.run({ ...relay, contract: 'network.members@v1', method: 'approve', args: { proposal: 'a' } }))).toBe(
      'NOT_AUTHORISED',
    );
    expect(codeOf(ledger.run({ ...relay, contract: 'links@v1', method: 'createClient' }))).toBe('NOT_AUTHORISED');
    for (const method of ['update', 'receive', 'acknowledge', 'timeout', 'misbehaviour']) {
      expect(codeOf(ledger.run({ ...relay, contract: 'links@v1', method }))).toBe('ARGS_INVALID');
      const anyone = codeOf(ledger.run({ contract: 'links@v1', method }));
      expect(anyone).toBe(method === 'misbehaviour' ? 'ARGS_INVALID' : 'NOT_AUTHORISED');
    }
  });

  test('need a method that exists, arguments of its shape and the co-signatures it asks for', () => {
    const ledger = aLedger();
    expect(codeOf(ledger.run({ method: 'nothing' }))).toBe('UNKNOWN_METHOD');
    expect(codeOf(ledger.run({ method: 'toString' }))).toBe('UNKNOWN_METHOD');
    expect(codeOf(ledger.run({ contract: 'test.probe@v2' }))).toBe('UNKNOWN_METHOD');
    expect(codeOf(ledger.run({ method: 'internal', args: { id: 'a' } }))).toBe('NOT_AUTHORISED');
    expect(codeOf(ledger.run({ args: { id: 1 } }))).toBe('ARGS_INVALID');
    expect(codeOf(ledger.run({ method: 'twoPersons' }))).toBe('CO_SIGNATURES_MISSING');
    expect(codeOf(ledger.run({ method: 'twoPersons', coSigners: [secondFounderKey] }))).toBe('CO_SIGNATURE_INVALID');
    expect(codeOf(ledger.run({ method: 'twoPersons', coSigners: [approverKey] }))).toBe('ok');
    const moved = ledger.operation({ method: 'twoPersons', coSigners: [approverKey] });
    const other = ledger.operation({ method: 'twoPersons' });
    expect(only(ledger, { ...other, coSignatures: moved.coSignatures })).toBe('CO_SIGNATURE_INVALID');
  });

  test('roll back whole when the method refuses, throws or exceeds a limit', () => {
    const ledger = aLedger();
    const fails: [string, JsonObject, string][] = [
      ['putThenRefuse', { id: 'x' }, 'STATE'],
      ['throws', { id: 'x' }, 'CONTRACT_FAULT'],
      ['put', { id: 'y'.repeat(300), value: '1' }, 'LIMIT'],
      ['put', { id: 'x', value: 'v'.repeat(65_400) }, 'ok'],
      ['emitMany', { count: EVENTS_MAX + 1 }, 'LIMIT'],
      ['emitMany', { count: EVENTS_MAX }, 'ok'],
    ];
    for (const [method, args, code] of fails) expect([method, codeOf(ledger.run({ method, args }))]).toEqual([method, code]);
    expect(ledger.receipts.filter(({ outcome }) => !outcome.ok).every(({ events }) => events.length === 0)).toBe(true);
  });

  test('that invoke another method keep or undo exactly its part', () => {
    const ledger = aLedger();
    const good = ledger.run({ method: 'invokes', args: { id: 'good' } });
    const bad = ledger.run({ method: 'invokes', args: { id: 'bad' } });
    expect([good.outcome, bad.outcome]).toEqual([
      { ok: true, result: { isWritten: true, ok: true } },
      { ok: true, result: { isWritten: false, ok: false } },
    ]);
  });
});

describe('membership', () => {
  const members = { contract: 'network.members@v1' };
  const propose = (change: JsonObject) => ({
    ...members,
    method: 'propose',
    args: { change },
    organisation: 'platform',
    role: 'platform',
    key: platformKey,
  });
  const approveAs = (proposal: string, second = false) => ({
    ...members,
    method: 'approve',
    args: { proposal },
    ...(second ? { organisation: 'second', key: secondFounderKey, coSigners: [secondApproverKey] } : { coSigners: [approverKey] }),
  });
  const idOf = (receipt: Receipt): string => (receipt.outcome.ok ? String((receipt.outcome.result as JsonObject)['proposal']) : '');
  const newKey = aKeyPair('newcomer');
  const newcomer = {
    name: 'hospital-9',
    displayName: { zh: '九院', en: 'Hospital 9' },
    roles: ['custodian'],
    keys: [{ publicKey: base64urlEncode(newKey.publicKey), use: 'operation', label: 'gateway' }],
    hpkePublicKey: '',
    approvalPolicy: 'manual',
  };

  test('changes at the threshold, each founder counted once', () => {
    const ledger = aLedger({ approvalThreshold: 2 });
    const proposal = idOf(ledger.run(propose({ kind: 'enrolOrganisation', organisation: newcomer })));
    const asNewcomer = { organisation: 'hospital-9', key: newKey, args: { id: 'n', value: '1' } };
    expect(codeOf(ledger.run(approveAs(proposal)))).toBe('ok');
    expect(codeOf(ledger.run(approveAs(proposal)))).toBe('DUPLICATE');
    expect(codeOf(ledger.run(asNewcomer))).toBe('NOT_AUTHORISED');
    expect(codeOf(ledger.run(approveAs(proposal, true)))).toBe('ok');
    expect(codeOf(ledger.run(approveAs(proposal, true)))).toBe('STATE');
    expect(codeOf(ledger.run(asNewcomer))).toBe('ok');
    expect(codeOf(ledger.run({ ...approveAs('nothing') }))).toBe('STATE');
    expect(
      codeOf(
        ledger.run({
          ...members,
          method: 'approve',
          args: { proposal },
          organisation: 'hospital-9',
          key: newKey,
          coSigners: [approverKey],
        }),
      ),
    ).toBe('NOT_AUTHORISED');
  });

  test('never grants the roles of platform and relay, nor takes keys that belong to others', () => {
    const ledger = aLedger();
    expect(codeOf(ledger.run(propose({ kind: 'enrolOrganisation', organisation: { ...newcomer, roles: ['relay'] } })))).toBe(
      'NOT_AUTHORISED',
    );
    expect(codeOf(ledger.run(propose({ kind: 'setRoles', organisation: 'second', roles: ['platform'] })))).toBe('NOT_AUTHORISED');
    expect(codeOf(ledger.run(propose({ kind: 'enrolOrganisation', organisation: { ...newcomer, name: 'second' } })))).toBe('DUPLICATE');
    const stolen = [{ publicKey: base64urlEncode(founderKey.publicKey), use: 'operation', label: 'x' }];
    expect(codeOf(ledger.run(propose({ kind: 'addKeys', organisation: 'second', keys: stolen })))).toBe('DUPLICATE');
    const unsound = [{ publicKey: base64urlEncode(new Uint8Array(32)), use: 'operation', label: 'x' }];
    expect(codeOf(ledger.run(propose({ kind: 'addKeys', organisation: 'second', keys: unsound })))).toBe('MALFORMED');
    expect(codeOf(ledger.run(propose({ kind: 'addKeys', organisation: 'nobody', keys: unsound })))).toBe('STATE');
    const many = Array.from({ length: 32 }, (_, n) => ({
      publicKey: base64urlEncode(aKeyPair(`many ${n}`).publicKey),
      use: 'operation',
      label: 'x',
    }));
    expect(codeOf(ledger.run(propose({ kind: 'addKeys', organisation: 'second', keys: many })))).toBe('LIMIT');
  });

  test('revokes keys and removes organisations, but never below the threshold', () => {
    const ledger = aLedger({ approvalThreshold: 1 });
    const apply = (change: JsonObject): string => codeOf(ledger.run(approveAs(idOf(ledger.run(propose(change))))));
    expect(apply({ kind: 'setRoles', organisation: 'second', roles: ['reviewer'] })).toBe('ok');
    expect(codeOf(ledger.run({ organisation: 'second', key: secondFounderKey, role: 'reviewer', method: 'nothing' }))).toBe(
      'UNKNOWN_METHOD',
    );
    expect(apply({ kind: 'setHpkeKey', organisation: 'second', hpkePublicKey: base64urlEncode(new Uint8Array(32)) })).toBe('ok');
    const added = aKeyPair('added');
    const keys = [{ publicKey: base64urlEncode(added.publicKey), use: 'operation', label: 'cli' }];
    expect(apply({ kind: 'addKeys', organisation: 'second', keys })).toBe('ok');
    expect(codeOf(ledger.run({ organisation: 'second', key: added, args: { id: 'a', value: '1' } }))).toBe('ok');
    expect(apply({ kind: 'revokeKey', keyId: added.keyId })).toBe('ok');
    expect(codeOf(ledger.run({ organisation: 'second', key: added }))).toBe('NOT_AUTHORISED');
    expect(codeOf(ledger.run(propose({ kind: 'addKeys', organisation: 'second', keys })))).toBe('DUPLICATE');
    expect(codeOf(ledger.run(propose({ kind: 'revokeKey', keyId: added.keyId })))).toBe('STATE');
    expect(apply({ kind: 'removeOrganisation', organisation: 'second' })).toBe('ok');
    expect(codeOf(ledger.run({ organisation: 'second', key: secondFounderKey }))).toBe('NOT_AUTHORISED');
    expect(codeOf(ledger.run(propose({ kind: 'removeOrganisation', organisation: 'founder' })))).toBe('RULE_UNMET');
  });

  test('from protocol version 5 on no founder loses the last key that the threshold needs', () => {
    const revokeApprover = { kind: 'revokeKey', keyId: secondApproverKey.keyId };
    const revokeOperation = { kind: 'revokeKey', keyId: secondFounderKey.keyId };
    const before = aLedger({ approvalThreshold: 2, protocolVersion: 4 });
    expect(codeOf(before.run(propose(revokeApprover)))).toBe('ok');
    const ledger = aLedger({ approvalThreshold: 2, protocolVersion: 5 });
    const facts = { reason: 'threshold', founders: 1, approvalThreshold: 2 };
    for (const change of [revokeApprover, revokeOperation])
      expect(ledger.run(propose(change)).outcome).toMatchObject({ ok: false, refusal: { code: 'RULE_UNMET', facts } });
    const keys = [{ publicKey: base64urlEncode(aKeyPair('next approver').publicKey), use: 'approver', label: 'next' }];
    const decideBoth = (change: JsonObject): string => {
      const id = idOf(ledger.run(propose(change)));
      ledger.run(approveAs(id));
      return codeOf(ledger.run(approveAs(id, true)));
    };
    expect(decideBoth({ kind: 'addKeys', organisation: 'second', keys })).toBe('ok');
    expect(decideBoth(revokeApprover)).toBe('ok');
  });

  test('a proposal that stopped being possible fails when it is decided, and says why', () => {
    const ledger = aLedger();
    const change = { kind: 'enrolOrganisation', organisation: newcomer };
    const [first, second] = [idOf(ledger.run(propose(change))), idOf(ledger.run(propose(change)))];
    expect(codeOf(ledger.run(approveAs(first)))).toBe('ok');
    expect(ledger.run(approveAs(second)).outcome).toMatchObject({ ok: true, result: { status: 'failed', failure: 'DUPLICATE' } });
    const named = {
      ...propose({ kind: 'revokeKey', keyId: newKey.keyId }),
      args: { id: first, change: { kind: 'revokeKey', keyId: newKey.keyId } },
    };
    expect(codeOf(ledger.run(named))).toBe('DUPLICATE');
  });
});
