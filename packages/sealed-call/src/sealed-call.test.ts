import { type Bytes, equalBytes, utf8Encode } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { aKeyPair } from '@civitas/testkit';
import { fc } from '@civitas/testkit/properties';
import { expect, test } from '@jest/globals';
import {
  CLOCK_WINDOW_MS,
  generateHpkeKeyPair,
  openAnswer,
  openCall,
  PLAINTEXT_BYTES_MAX,
  type SealedCallMessage,
  sealAnswer,
  sealCall,
} from './index.ts';

const NOW = 1_767_225_600_000;
const caller = aKeyPair('fund-centre');
const address = { chainId: 'jincheng-health-1', audience: 'hospital-1', caller: 'fund-centre', keyId: caller.keyId };

async function aSealedCall(overrides: { sign?: (message: Bytes) => Bytes; nowUnixMs?: number } = {}) {
  const vault = await generateHpkeKeyPair();
  const sealed = await sealCall({
    address,
    method: 'Collect',
    args: { reference: 'r1' },
    audiencePublicKey: vault.publicKey,
    sign: overrides.sign ?? caller.sign,
    nowUnixMs: overrides.nowUnixMs ?? NOW,
    nonce: new Uint8Array(16).fill(7),
  });
  const open = (call: SealedCallMessage, chainId = address.chainId) =>
    openCall({ call, chainId, crypto: nodeCrypto, callerPublicKey: caller.publicKey, privateKey: vault.privateKey, nowUnixMs: NOW });
  return { ...sealed, open };
}

const codeOf = (result: { ok: boolean; refusal?: { code: string } }): string => (result.ok ? 'ok' : (result.refusal?.code ?? ''));

test('a sealed call comes back whole and its answer too', async () => {
  const { call, replyKey, open } = await aSealedCall();
  const opened = await open(call);
  if (!opened.ok) throw new Error(opened.refusal.code);

  expect(opened.value).toMatchObject({ method: 'Collect', args: { reference: 'r1' }, issuedAtUnixMs: NOW });
  const answer = await sealAnswer({ ok: true, result: { value: 3 } }, opened.value.replyKey, call.signature);
  expect(await openAnswer(answer, replyKey, call.signature)).toEqual({ ok: true, value: { value: 3 } });
});

test('a refusal travels inside the seal', async () => {
  const { call, replyKey, open } = await aSealedCall();
  const opened = await open(call);
  if (!opened.ok) throw new Error(opened.refusal.code);
  const refusal = { code: 'NOT_RELEASED', facts: { id: 'a' }, then: 'retry' as const };

  const answer = await sealAnswer({ ok: false, refusal }, opened.value.replyKey, call.signature);
  expect(await openAnswer(answer, replyKey, call.signature)).toEqual({ ok: false, refusal });
});

test('a call signed by another key is refused with SIGNATURE_INVALID', async () => {
  const { call, open } = await aSealedCall({ sign: aKeyPair('stranger').sign });

  expect(codeOf(await open(call))).toBe('SIGNATURE_INVALID');
});

test('a call moved to another network is refused', async () => {
  const { call, open } = await aSealedCall();

  expect(codeOf(await open(call, 'jincheng-city-1'))).toBe('SIGNATURE_INVALID');
});

test('a call sealed to another organisation is refused with SEAL_INVALID', async () => {
  const { call } = await aSealedCall();
  const other = await aSealedCall();

  expect(codeOf(await other.open(call))).toBe('SEAL_INVALID');
});

test('a call older than the clock window is refused with CALL_TIME', async () => {
  const { call, open } = await aSealedCall({ nowUnixMs: NOW - CLOCK_WINDOW_MS - 1 });

  expect(codeOf(await open(call))).toBe('CALL_TIME');
});

test('a call larger than the limit is refused with CALL_TOO_LARGE before anything is verified', async () => {
  const { call, open } = await aSealedCall();

  expect(codeOf(await open({ ...call, ciphertext: new Uint8Array(PLAINTEXT_BYTES_MAX + 17) }))).toBe('CALL_TOO_LARGE');
});

test('an answer to another call does not open', async () => {
  const { call, replyKey, open } = await aSealedCall();
  const opened = await open(call);
  if (!opened.ok) throw new Error(opened.refusal.code);
  const answer = await sealAnswer({ ok: true, result: 1 }, opened.value.replyKey, utf8Encode('another signature'));

  expect(codeOf(await openAnswer(answer, replyKey, call.signature))).toBe('SEAL_INVALID');
});

test('one flipped bit anywhere in a call is refused', async () => {
  const { call, open } = await aSealedCall();
  const fields = ['encapsulatedKey', 'ciphertext', 'signature'] as const;

  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...fields), fc.nat(), fc.nat(7), async (field, at, bit) => {
      const bytes = Uint8Array.from(call[field]);
      const index = at % bytes.length;
      bytes[index] = (bytes[index] ?? 0) ^ (1 << bit);
      expect(equalBytes(bytes, call[field])).toBe(false);
      expect((await open({ ...call, [field]: bytes })).ok).toBe(false);
    }),
    { numRuns: 60 },
  );
});
