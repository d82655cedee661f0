import type { Envelope } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import type { Receipt } from '@civitas/proofs';
import { aKeyPair } from '@civitas/testkit';
import { expect, jest, test } from '@jest/globals';
import { aNetwork, approverKey, probe, signedTogether } from './ledger-fixture.ts';
import { SimulatedLedger } from './simulated-ledger.fixture.ts';

const codeOf = ({ outcome }: Receipt): string => (outcome.ok ? 'ok' : outcome.refusal.code);

function aLedger(): SimulatedLedger {
  const ledger = new SimulatedLedger(aNetwork('jincheng-health-1'), [probe]);
  ledger.block();
  return ledger;
}

const someOperations = (ledger: SimulatedLedger, count: number): Envelope[] =>
  Array.from({ length: count }, (_, n) => ledger.operation({ args: { id: `r${n}`, value: '1' } }));

test('operations under one signature execute, whole or parted, and the signature is verified once', () => {
  const ledger = aLedger();
  const batch = signedTogether(ledger.network, someOperations(ledger, 9));
  const verify = jest.spyOn(nodeCrypto, 'verifyEd25519');

  expect(ledger.block(batch.slice(0, 4)).map(codeOf)).toEqual(Array(4).fill('ok'));
  expect(ledger.block(batch.slice(4).reverse()).map(codeOf)).toEqual(Array(5).fill('ok'));
  expect(ledger.block(batch).map(codeOf)).toEqual(Array(9).fill('REPLAYED'));
  // Three bundles, and the batch.
  expect(verify).toHaveBeenCalledTimes(4);
  verify.mockRestore();
});

test('a shared signature that does not hold refuses each of its operations alone and touches nothing', () => {
  const ledger = aLedger();
  const mine = someOperations(ledger, 3);
  const forged = signedTogether(ledger.network, mine, aKeyPair('stranger'));
  const neighbours = someOperations(ledger, 2);

  expect(ledger.block([...neighbours.slice(0, 1), ...forged, ...neighbours.slice(1)]).map(codeOf)).toEqual([
    'ok',
    'SIGNATURE_INVALID',
    'SIGNATURE_INVALID',
    'SIGNATURE_INVALID',
    'ok',
  ]);
  // Neither replay table nor index know them: the same intents still execute, in the very block of a forged copy too.
  expect(ledger.block([...forged, ...signedTogether(ledger.network, mine)]).map(codeOf)).toEqual([
    ...Array(3).fill('SIGNATURE_INVALID'),
    ...Array(3).fill('ok'),
  ]);
});

test('where an operation names another key than the one that signed, it alone is refused', () => {
  const ledger = aLedger();
  const [one, other] = someOperations(ledger, 2);
  const foreign = ledger.operation({ key: approverKey, args: { id: 'x', value: '1' } });

  expect(ledger.block(signedTogether(ledger.network, [one ?? foreign, foreign, other ?? foreign])).map(codeOf)).toEqual([
    'ok',
    'SIGNATURE_INVALID',
    'ok',
  ]);
});

test('a signature over a batch of another network does not hold here', () => {
  const ledger = aLedger();
  const elsewhere = { ...ledger.network, chainId: 'jincheng-courts-1' };

  expect(ledger.block(signedTogether(elsewhere, someOperations(ledger, 2))).map(codeOf)).toEqual([
    'SIGNATURE_INVALID',
    'SIGNATURE_INVALID',
  ]);
});

test('persons co-sign single operations of a batch, and a co-signature moves to no other', () => {
  const ledger = aLedger();
  const approved = ledger.operation({ method: 'twoPersons', coSigners: [approverKey] });
  const plain = ledger.operation({ method: 'twoPersons' });
  const moved = { ...plain, coSignatures: approved.coSignatures };

  expect(ledger.block(signedTogether(ledger.network, [approved, plain, moved])).map(codeOf)).toEqual([
    'ok',
    'CO_SIGNATURES_MISSING',
    'REPLAYED',
  ]);
  expect(
    ledger
      .block(
        signedTogether(ledger.network, [
          ledger.operation({ method: 'twoPersons' }),
          { ...ledger.operation({ method: 'twoPersons' }), coSignatures: approved.coSignatures },
        ]),
      )
      .map(codeOf),
  ).toEqual(['CO_SIGNATURES_MISSING', 'CO_SIGNATURE_INVALID']);
});
