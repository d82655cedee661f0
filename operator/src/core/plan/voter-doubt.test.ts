import { nodeCrypto } from '@civitas/canon/node';
import { describe, expect, test } from '@jest/globals';
import { aCity, anAgency, anObservation, aServingNode, withAnswer } from '../testing/builders.ts';
import { VOTER_DOUBT_MS_MAX } from './limits.ts';
import { planNetwork } from './network-plan.ts';
import { networkVerdicts } from './network-status.ts';
import type { ObservedNetwork, ObservedNode } from './observed-network.ts';
import { stopShut, votersOf } from './replacement-plan.ts';
import { awayText } from './voter-texts.ts';

const SERVING = aServingNode('city-0');
const NAMES = ['city-0', 'city-1', 'city-2', 'city-3'];

/** Four validators, the last of which is being replaced and the one before it as given. */
function aNetworkWith(third: Partial<ObservedNode>): ObservedNetwork {
  const nodes: Record<string, ObservedNode> = Object.fromEntries(NAMES.map((name) => [name, aServingNode(name)]));
  const replaced = { ...aServingNode('city-3'), pod: undefined, answer: undefined };
  return anObservation({
    config: aCity({ engine: 'cometbft', validatorsPerNetwork: 4 }),
    agencies: [anAgency('civil-affairs')],
    nodes: { ...nodes, 'city-2': { ...aServingNode('city-2'), ...third }, 'city-3': replaced },
  });
}

function quorumOf(observed: ObservedNetwork): string {
  const { status, message } =
    networkVerdicts(observed, planNetwork(observed, nodeCrypto.sha256)).find(({ type }) => type === 'QuorumHealthy') ?? {};
  return `${status}: ${message}`;
}

describe('a validator that voted and is merely not heard', () => {
  const now = anObservation().nowUnixMs;
  const silent = (sinceMs: number): Partial<ObservedNode> => ({ answer: undefined, doubtedSinceUnixMs: now - sinceMs });

  test('counts for a moment: a late answer is no lost quorum', () => {
    expect(quorumOf(aNetworkWith(silent(0)))).toBe('True: 3 of 4 validators at the head, quorum 3');
    expect(quorumOf(aNetworkWith(silent(VOTER_DOUBT_MS_MAX - 1)))).toBe('True: 3 of 4 validators at the head, quorum 3');
  });

  test.each([
    ['is not heard for longer', silent(VOTER_DOUBT_MS_MAX), 'gives no answer'],
    ['did not vote before', { answer: undefined }, 'gives no answer'],
    ['fell silent in a time that the clock has not reached', silent(-VOTER_DOUBT_MS_MAX), 'gives no answer'],
    [
      'says that no block comes',
      { ...withAnswer(SERVING, { halted: true, unwell: 'engine: halted' }), doubtedSinceUnixMs: now },
      'says engine: halted',
    ],
  ])('does not count when it %s, and is named', (_when, third, text) => {
    expect(quorumOf(aNetworkWith(third))).toBe(`False: 2 of 4 validators at the head, quorum 3: city-2 ${text}, city-3 has no pod`);
  });

  test('opens no gate: what is stopped is decided on what was heard', () => {
    const doubted = aNetworkWith(silent(0));
    const observed = { ...doubted, nodes: { ...doubted.nodes, 'city-3': aServingNode('city-3') } };
    const network = planNetwork(observed, nodeCrypto.sha256).effective;
    expect(stopShut('city-0', votersOf(observed, network), { observed, network })?.reason).toBe('QuorumWouldBreak');
  });
});

test.each<[string, ObservedNode | undefined]>([
  ['has no pod', undefined],
  ['is being replaced', { ...SERVING, pod: { ...podOf(SERVING), deleting: true } }],
  ['has ended', { ...SERVING, pod: { ...podOf(SERVING), finished: true } }],
  ['gives no answer', { ...SERVING, answer: undefined }],
  ['says AwaitingGrant', withAnswer(SERVING, { phase: 'AwaitingGrant', signing: false })],
  ['has no grant to sign', withAnswer(SERVING, { signing: false })],
  ['has no new block', withAnswer(SERVING, { halted: true })],
  ['is not at the head but at height 5', withAnswer(SERVING, { caughtUp: false })],
  ['is not ready', { ...SERVING, pod: { ...podOf(SERVING), ready: false } }],
])('a validator that does not count %s', (text, node) => {
  expect(awayText(node)).toBe(text);
});

function podOf({ pod }: ObservedNode): NonNullable<ObservedNode['pod']> {
  if (pod === undefined) throw new Error('the node has no pod');
  return pod;
}
