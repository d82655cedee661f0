import { base64urlEncode, hexEncode } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { addressOf } from '@civitas/proofs';
import { aKeyPair } from '@civitas/testkit';
import { expect, test } from '@jest/globals';
import { genesisState } from '../../core/ledger/genesis-state.ts';
import { recordMisbehaviour } from '../../core/validators/misbehaviour.ts';
import { ValidatorView } from '../ledger/validator-view.ts';
import { aFakeLedger, aGenesis } from '../testing/fake-ledger.ts';
import { OFFENCE_PAGE_MAX } from './limits.ts';
import { getValidators } from './validator-set.ts';

const { sha256 } = nodeCrypto;

test('GetValidators tells the set, its quorum and the newest offences', () => {
  const genesis = aGenesis('jincheng-health-1', []);
  const keys = [0, 1, 2, 3].map((n) => aKeyPair(`consensus ${n}`));
  const validators = keys.map(({ publicKey }, n) => ({
    publicKey: base64urlEncode(publicKey),
    power: 10,
    node: `node-${n}`,
    organisation: 'hospital-1',
  }));
  const state = genesisState(sha256, { ...genesis, validators });
  const offender = addressOf(sha256, keys[2]?.publicKey ?? new Uint8Array(0));
  const offences = Array.from({ length: OFFENCE_PAGE_MAX + 1 }, (_, at) => ({
    kind: 'duplicate-vote' as const,
    validatorAddress: offender,
    power: 10n,
    height: at + 1,
    timeUnixMs: 1000 + at,
    totalPower: 40n,
  }));
  recordMisbehaviour(state, 900, offences);
  const view = new ValidatorView(state, sha256, () => 900);
  const ledger = Object.assign(Object.create(aFakeLedger(genesis)), { validators: view });

  const answer = getValidators(ledger);
  expect(answer).toMatchObject({ totalPower: 40n, neededPower: 27n, failuresMax: 1, offenceCount: OFFENCE_PAGE_MAX + 1 });
  expect(answer.validators).toHaveLength(4);
  expect(answer.validators.filter(({ misbehaviourCount }) => misbehaviourCount > 0)).toMatchObject([
    { node: 'node-2', standing: 'active', sinceHeight: 1n, untilHeight: 0n, misbehaviourCount: OFFENCE_PAGE_MAX + 1 },
  ]);
  expect(answer.offences).toHaveLength(OFFENCE_PAGE_MAX);
  expect(answer.offences.at(-1)).toMatchObject({ node: 'node-2', height: BigInt(OFFENCE_PAGE_MAX + 1), recordedAtHeight: 900n });
  expect(hexEncode(answer.offences[0]?.address ?? new Uint8Array(0))).toBe(hexEncode(offender));
});
