import { describe, expect, test } from '@jest/globals';
import type { LedgerNodeStatus } from '../resources/ledger-node.ts';
import type { ValidatorChange, ValidatorChangeStatus } from '../resources/validator-change.ts';
import { aCity, aKey, aNetwork, aNode, anAgency, anObservation } from '../testing/builders.ts';
import { effectiveNetwork } from './effective-network.ts';
import type { ObservedChange } from './observed-change.ts';
import type { ObservedNode, ObservedStanding } from './observed-network.ts';
import { type ChangePlan, planValidatorChange } from './validator-change-plan.ts';

const WORD = 'uid-change';
const next = aKey(77);
const keyOf = (ordinal: number): string => aKey(40 + ordinal);

interface NodeFacts {
  readonly protocolVersion?: number;
  readonly word?: string;
  readonly status?: Partial<LedgerNodeStatus>;
  readonly isAway?: boolean;
}

function aServing(ordinal: number, { protocolVersion = 2, word, status = {}, isAway = false }: NodeFacts = {}): ObservedNode {
  const name = `city-${ordinal}`;
  const ledgerNode = aNode(name, { podUID: `pod-${ordinal}`, consensusPublicKey: keyOf(ordinal), ...status });
  const pod = { name, uid: `pod-${ordinal}`, ip: '127.0.0.9', running: true, ready: true, deleting: false, finished: false };
  return {
    ledgerNode: { ...ledgerNode, spec: { ...ledgerNode.spec, ordinal, ...(word === undefined ? {} : { rekey: word }) } },
    certificate: undefined,
    pod: { ...pod, configHash: '', image: undefined },
    answer: {
      ...{ phase: 'Serving', chainId: 'jincheng-city-1', genesisHash: '', genesisMismatch: false, height: 50, root: '' },
      ...{ signing: true, caughtUp: !isAway, peers: 3, version: '0.1.0', certificateNotAfterUnixMs: 0, keys: undefined },
      ...{ unwell: '', halted: false, engineVersion: '0.38.26', protocol: { version: protocolVersion, newest: 2, next: undefined } },
    },
    address: undefined,
    heard: true,
  };
}

const aStanding = (publicKey: string, ordinal: number, standing: ObservedStanding['standing'] = 'active'): ObservedStanding => ({
  ...{ publicKey, node: `city-${ordinal}`, standing, sinceHeight: standing === 'active' ? 52 : 0, untilHeight: 0 },
});
const SET = [0, 1, 2, 3].map((ordinal) => aStanding(keyOf(ordinal), ordinal));

function plan(
  node: ObservedNode,
  facts: Partial<
    ObservedChange & { standings: readonly ObservedStanding[]; steps: ValidatorChangeStatus['steps']; other: ObservedNode; target: string }
  > = {},
): ChangePlan {
  const { standings = SET, steps, other = aServing(0), target = 'city-2', ...rest } = facts;
  const network = aNetwork({ engine: 'cometbft', pools: [{ name: 'validators', role: 'validator', replicas: 4 }] });
  const version = node.answer?.protocol?.version ?? 2;
  const nodes = {
    'city-0': other,
    'city-1': aServing(1, { protocolVersion: version }),
    'city-2': node,
    'city-3': aServing(3, { protocolVersion: version }),
  };
  const signing = standings.filter(({ standing }) => standing !== 'removed').map(({ publicKey }) => publicKey);
  const observed = anObservation({
    network,
    nodes,
    standings,
    validatorSet: signing,
    genesisRecord: '{"chainId":"jincheng-city-1","validators":[]}',
  });
  const change: ValidatorChange = {
    apiVersion: 'civitas.dev/v1alpha1',
    kind: 'ValidatorChange',
    metadata: { name: 'change', namespace: 'jincheng', uid: WORD, resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' },
    spec: { networkRef: 'city', changes: [{ type: 'Rekey', node: target }] },
    ...(steps === undefined ? {} : { status: { steps } }),
  };
  return planValidatorChange({
    ...{ change, nowUnixMs: 0, expiresAtUnixMs: undefined, olderChange: undefined, isKeyReserved: () => true, hasLedger: true },
    ...{ network: { observed, effective: effectiveNetwork(network, aCity(), [anAgency('civil-affairs')]) } },
    ...{ proposal: undefined, approvalThreshold: 3, ...rest },
  });
}

describe('another key for a validator', () => {
  const made = aServing(2, { word: WORD, status: { nextConsensusPublicKey: next } });

  test('is made by the node and reserved for it before it is proposed, and keeps as many validators as there are', () => {
    expect(plan(aServing(2, { protocolVersion: 1 }), { other: aServing(0, { protocolVersion: 1 }) })).toMatchObject({
      reason: 'ProtocolTooOld',
      action: undefined,
    });
    expect(plan(aServing(2)).action).toEqual({ type: 'orderRekey', node: 'city-2', word: WORD });
    expect(plan(aServing(2, { word: WORD }))).toMatchObject({ reason: 'PreparingKey', action: undefined });
    expect(plan(made, { isKeyReserved: () => false })).toMatchObject({ reason: 'PreparingKey', action: undefined });
    const change = { kind: 'rekeyValidator', publicKey: keyOf(2), newPublicKey: next };
    expect(plan(made).action).toEqual({ type: 'recordProposal', step: 1, change, publicKey: next });
    expect(plan(made).steps).toMatchObject([{ action: 'Rekey', validatorsBefore: 4, validatorsAfter: 4, neededAfter: 3, mayFailAfter: 1 }]);
  });

  test('is proposed only while the others are a quorum without it: it is silent until it votes under the key', () => {
    expect(plan(made, { other: aServing(0, { isAway: true }) })).toMatchObject({
      reason: 'QuorumWouldBreak',
      message: 'step 1 of 1 (rekey city-2): 2 of 4 validators would vote at the head, 3 are needed',
    });
    expect(plan(made, { target: 'city-7' })).toMatchObject({ reason: 'NoValidator', message: 'city-7 is no validator of the ledger' });
  });

  test('is refused for a node whose key a remote signer holds', () => {
    const { ledgerNode, ...rest } = aServing(2);
    if (ledgerNode === undefined) throw new Error('a serving node has a LedgerNode');
    const held = { ...rest, ledgerNode: { ...ledgerNode, spec: { ...ledgerNode.spec, signerPublicKey: keyOf(2) } } };
    expect(plan(held)).toMatchObject({
      reason: 'SignerHoldsKey',
      action: undefined,
      message: expect.stringContaining('replace the validator'),
    });
  });

  test('is done only when the node votes under it', () => {
    const steps = plan(made).steps.map((step) => ({ ...step, state: 'Proposed' as const, proposal: 'p', publicKey: next }));
    const others = SET.filter(({ node }) => node !== 'city-2');
    const standings = [...others, aStanding(keyOf(2), 2, 'removed'), aStanding(next, 2)];
    expect(plan(made, { steps, standings })).toMatchObject({ reason: 'Decided', steps: [{ state: 'Decided' }] });
    const gone = aServing(2, { word: WORD, status: { consensusPublicKey: next, rekeyed: WORD } });
    expect(plan({ ...gone, answer: undefined }, { steps, standings }).reason).toBe('Decided');
    expect(plan({ ...gone, answer: undefined }, { steps, standings }).message).toContain('city-2 does not vote under its new key yet');
    const twoBlocks = [...others, aStanding(keyOf(2), 2, 'leaving'), aStanding(next, 2, 'joining')];
    expect(plan(made, { steps, standings: twoBlocks, expiresAtUnixMs: 0 })).toMatchObject({
      reason: 'Decided',
      message: expect.stringContaining('two blocks after that'),
    });
    // Its node is lost: another change is to replace it, and is not held up for ever.
    expect(plan({ ...gone, answer: undefined }, { steps, standings, expiresAtUnixMs: 0 })).toMatchObject({
      reason: 'Expired',
      steps: [{ state: 'Decided' }],
    });
    expect(plan(gone, { steps, standings })).toMatchObject({ reason: 'Completed', steps: [{ state: 'Done', height: 52 }] });
  });
});
