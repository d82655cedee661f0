import { base64urlEncode } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { addressOf } from '@civitas/proofs';
import { aKeyPair, type TestKeyPair } from '@civitas/testkit';
import { expect, test } from '@jest/globals';
import { genesisState } from '../../core/ledger/genesis-state.ts';
import { type Misbehaviour, recordMisbehaviour } from '../../core/validators/misbehaviour.ts';
import { validatorKey } from '../../core/validators/records.ts';
import { aNetwork } from './ledger-fixture.ts';
import { ValidatorView } from './validator-view.ts';

const { sha256 } = nodeCrypto;
const consensus = (n: number): TestKeyPair => aKeyPair(`consensus of node-${n}`);

function aState(validatorCount: number) {
  const { genesis } = aNetwork();
  const validators = Array.from({ length: validatorCount }, (_, n) => ({
    publicKey: base64urlEncode(consensus(n).publicKey),
    power: 10,
    node: `node-${n}`,
    organisation: 'founder',
  }));
  return genesisState(sha256, { ...genesis, validators });
}

const offence = (n: number, height: number): Misbehaviour => ({
  kind: 'duplicate-vote',
  validatorAddress: addressOf(sha256, consensus(n).publicKey),
  power: 10n,
  height,
  timeUnixMs: 1_767_225_601_000,
  totalPower: 40n,
});

test('the set is told with who joins and leaves, and with the quorum of those that sign', () => {
  const state = aState(4);
  let height = 10;
  const view = new ValidatorView(state, sha256, () => height);
  expect(view.quorum()).toEqual({ validatorCount: 4, totalPower: 40, neededPower: 27, failuresMax: 1 });
  const [first, second] = view.all();
  if (first === undefined || second === undefined) throw new Error('no validators');

  const { address, standing: _, misbehaviourCount: __, ...record } = first;
  state.put(validatorKey(address), { ...record, status: 'removed', untilHeight: 12 });
  const { address: other, standing: ___, misbehaviourCount: ____, ...joining } = second;
  state.put(validatorKey(other), { ...joining, status: 'active', sinceHeight: 12 });
  expect(view.all().map(({ standing }) => standing)).toEqual(['active', 'active', 'active', 'active']);
  view.changed();
  expect(view.all().map(({ standing }) => standing)).toEqual(['leaving', 'joining', 'active', 'active']);
  expect(view.quorum().validatorCount).toBe(3);
  height = 11;
  expect(view.all().map(({ standing }) => standing)).toEqual(['removed', 'active', 'active', 'active']);
});

test('offences are counted by what the validator is now', () => {
  const state = aState(4);
  const view = new ValidatorView(state, sha256, () => 20);
  expect(view.misbehaviourCounts()).toEqual({ inSet: 0, removed: 0, unknown: 0 });
  recordMisbehaviour(state, 20, [offence(1, 7), offence(1, 8), offence(9, 9)]);
  view.changed();
  expect(view.misbehaviourCounts()).toEqual({ inSet: 2, removed: 0, unknown: 1 });
  expect(view.misbehaviour().map(({ node, height }) => [node, height])).toEqual([
    ['node-1', 7],
    ['node-1', 8],
    ['', 9],
  ]);
  const offender = view.all().find(({ misbehaviourCount }) => misbehaviourCount > 0);
  if (offender === undefined) throw new Error('no offender');
  const { address, standing: _, misbehaviourCount, ...record } = offender;
  expect([record.node, misbehaviourCount]).toEqual(['node-1', 2]);
  state.put(validatorKey(address), { ...record, status: 'removed', untilHeight: 15 });
  view.changed();
  expect(view.misbehaviourCounts()).toEqual({ inSet: 0, removed: 2, unknown: 1 });
});
