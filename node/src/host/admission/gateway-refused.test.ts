import { refuse } from '@civitas/canon';
import { aKeyPair } from '@civitas/testkit';
import { expect, test } from '@jest/globals';
import { BundleRefusedError } from '../ledger/running-host.ts';
import { anAdmissionTo, anOperation, aTestLedger } from './admission.fixture.ts';

/** Submits an operation whose bundle the ledger refuses with a code. */
function submitRefused(code: string) {
  const ledger = aTestLedger();
  ledger.submit = () => Promise.reject(new BundleRefusedError(refuse(code, {}).refusal));
  const gateway = { organisation: 'hospital-1', key: aKeyPair('not enrolled') };
  return anAdmissionTo(ledger, { gateway }).submit(anOperation(), 'hospital-1');
}

test('a gateway whose key is not enrolled is refused with NOT_AUTHORISED', async () => {
  expect(await submitRefused('NOT_AUTHORISED')).toMatchObject({ ok: false, refusal: { code: 'NOT_AUTHORISED' } });
});

test('what else is wrong with a bundle is a fault of this node', async () => {
  await expect(submitRefused('BUNDLE_MALFORMED')).rejects.toThrow('BUNDLE_MALFORMED');
});
