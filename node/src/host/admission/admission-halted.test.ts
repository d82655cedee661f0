import { expect, test } from '@jest/globals';
import { EngineRefusal, engineBusy, halted } from '../engine/cometbft/engine-refusal.ts';
import { aBatch, anAdmissionTo, anOperation, aTestLedger, codeOf } from './admission.fixture.ts';

test('while the network is halted new work is refused with HALTED, and a bundle that a full engine did not take with ENGINE_BUSY', async () => {
  const ledger = aTestLedger();
  const admission = anAdmissionTo(ledger);
  ledger.refusalOfWork = () => halted('votes from 2 of 4 validators, 3 needed');
  expect(await admission.submit(anOperation(), 'hospital-1')).toMatchObject({
    ok: false,
    refusal: { code: 'HALTED', then: 'retry', facts: { reason: 'votes from 2 of 4 validators, 3 needed' } },
  });
  ledger.refusalOfWork = () => undefined;
  ledger.submit = () => Promise.reject(new EngineRefusal(engineBusy({ waiting: 4096, waitingMax: 4096 })));
  expect(await codeOf(anAdmissionTo(ledger).submit(anOperation(), 'hospital-1'))).toBe('ENGINE_BUSY');
});

test('while the network is halted what was executed before gets its receipt, alone and among new work', async () => {
  const ledger = aTestLedger();
  const admission = anAdmissionTo(ledger);
  const executed = anOperation();
  const first = await admission.submit(executed, 'hospital-1');
  ledger.refusalOfWork = () => halted('votes from 2 of 4 validators, 3 needed');

  expect(await admission.submit(executed, 'hospital-1')).toEqual(first);
  const [repeated, fresh] = admission.submitBatch(aBatch([executed, anOperation()]), 'hospital-1');
  expect(await repeated).toEqual(first);
  expect(await fresh).toMatchObject({ ok: false, refusal: { code: 'HALTED' } });
});
