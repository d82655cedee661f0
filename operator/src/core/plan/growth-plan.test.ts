import { nodeCrypto } from '@civitas/canon/node';
import { describe, expect, test } from '@jest/globals';
import type { LedgerNetworkSpec } from '../resources/ledger-network.ts';
import { aCity, aKey, aNetwork, aNode, anAgency, anObservation } from '../testing/builders.ts';
import { effectiveNetwork } from './effective-network.ts';
import { type NetworkPlan, planNetwork } from './network-plan.ts';
import { networkVerdicts } from './network-status.ts';
import type { ObservedNetwork, ObservedNode, ObservedStanding } from './observed-network.ts';

const { sha256 } = nodeCrypto;
const CITY = aCity();
const AGENCIES = [anAgency('archive'), anAgency('bank'), anAgency('civil-affairs')];
const four = (facts: Partial<LedgerNetworkSpec> = {}) =>
  aNetwork({ engine: 'cometbft', pools: [{ name: 'validators', role: 'validator', replicas: 4 }], ...facts });

function aServing(ordinal: number, facts: { phase?: string; height?: number; engineVersion?: string; ready?: boolean } = {}): ObservedNode {
  const { phase = 'Serving', height = 50, engineVersion = '0.38.26', ready = true } = facts;
  const name = `city-${ordinal}`;
  const reported = [{ organisation: 'archive', operationPublicKey: aKey(60 + ordinal) }];
  const engineNodeId = `${ordinal}`.repeat(40);
  const ledgerNode = aNode(name, {
    podUID: `pod-${ordinal}`,
    consensusPublicKey: aKey(40 + ordinal),
    engineNodeId,
    organisations: reported,
  });
  return {
    ledgerNode: { ...ledgerNode, spec: { ...ledgerNode.spec, ordinal, organisation: 'archive' } },
    certificate: undefined,
    pod: {
      ...{ name, uid: `pod-${ordinal}`, ip: '127.0.0.9', running: true, ready, deleting: false, finished: false, configHash: '' },
      image: undefined,
    },
    answer: {
      ...{ phase, chainId: 'jincheng-city-1', genesisHash: '', genesisMismatch: false, height, root: '', signing: phase === 'Serving' },
      ...{ caughtUp: true, peers: 3, version: '0.1.0', certificateNotAfterUnixMs: 1_900_000_000_000, keys: undefined },
      ...{ unwell: '', halted: false, engineVersion },
    },
    address: `10.0.0.${ordinal + 1}`,
    heard: true,
  };
}

const standing = (ordinal: number, word: ObservedStanding['standing'] = 'active'): ObservedStanding => ({
  publicKey: aKey(40 + ordinal),
  node: `city-${ordinal}`,
  standing: word,
});

/** A chain born with one node on the embedded engine. */
function bornEmbedded(facts: Partial<ObservedNetwork> = {}): ObservedNetwork {
  const nodes = { 'city-0': aServing(0, { engineVersion: '' }) };
  const unborn = anObservation({ config: CITY, agencies: AGENCIES, nodes });
  const record = planNetwork(unborn, sha256).actions.find(({ type }) => type === 'recordGenesis');
  if (record?.type !== 'recordGenesis') throw new Error('the plan writes no genesis');
  return { ...unborn, genesisRecord: record.text, engineInForce: 'embedded', ...facts };
}

/** The same after the hand-over, with these nodes and this set. */
function growing(nodes: readonly ObservedNode[], standings: readonly ObservedStanding[], facts: Partial<ObservedNetwork> = {}) {
  const byName = Object.fromEntries(nodes.map((node) => [node.ledgerNode?.metadata.name ?? '', node]));
  const validatorSet = standings.filter((one) => one.standing === 'active').map(({ publicKey }) => publicKey);
  return bornEmbedded({ network: four(), engineInForce: 'cometbft', nodes: byName, standings, validatorSet, ...facts });
}

const plan = (observed: ObservedNetwork): NetworkPlan => planNetwork(observed, sha256);
const typesOf = (observed: ObservedNetwork, type: string) => plan(observed).actions.filter((action) => action.type === type);
const podsMade = (observed: ObservedNetwork): readonly string[] =>
  plan(observed).actions.flatMap((action) => (action.type === 'createPod' ? [action.manifest.metadata.name] : []));
const said = (observed: ObservedNetwork, type: string): string => {
  const found = networkVerdicts(observed, plan(observed)).find((verdict) => verdict.type === type);
  return `${found?.status} ${found?.reason}: ${found?.message}`;
};

describe('an embedded chain that is to run on real consensus', () => {
  test('is handed over once its node serves, and before that nothing of it changes', () => {
    const embedded = bornEmbedded({ network: four() });
    const asked = { ...embedded, nodes: calm(embedded) };
    expect(typesOf(asked, 'handOverEngine')).toEqual([{ type: 'handOverEngine', to: 'cometbft' }]);
    expect(podsMade(asked)).toEqual([]);
    expect(said(asked, 'Progressing')).toBe('True HandingOver: the chain is being handed over to cometbft');
    const down = bornEmbedded({ network: four(), nodes: { 'city-0': aServing(0, { phase: 'AwaitingGrant', engineVersion: '' }) } });
    expect(typesOf(down, 'handOverEngine')).toEqual([]);
    expect(said(down, 'Progressing')).toBe('True HandingOver: the chain is handed over to cometbft once city-0 serves');
  });

  test('stays where it is and works on when it goes on from a backup, for there is no way back', () => {
    const embedded = bornEmbedded({ network: four() });
    const nodes = calm(embedded);
    const [name = '', node] = Object.entries(nodes)[0] ?? [];
    if (node?.answer === undefined) throw new Error('its node answers');
    const restored = { ...embedded, nodes: { [name]: { ...node, answer: { ...node.answer, lacksFirstBlocks: true } } } };
    expect(typesOf(restored, 'handOverEngine')).toEqual([]);
    expect(said(restored, 'Progressing')).toMatch(/^True HandingOver: the chain goes on from a backup and lacks the blocks before it/);
  });

  test('stays where it is while it is paused, or asked for fewer validators than survive a fault', () => {
    expect(plan(bornEmbedded({ network: four({ paused: true }) })).actions).toEqual([]);
    const three = bornEmbedded({ network: four({ pools: [{ name: 'v', role: 'validator', replicas: 3 }] }) });
    expect(plan(three).actions).toEqual([]);
    expect(said(three, 'Degraded')).toMatch(/^True TooFewValidators: /);
  });

  test('has its one node made anew though it stops the chain: nothing else can take it over', () => {
    const handed = growing([aServing(0, { engineVersion: '' })], [standing(0)]);
    expect(typesOf(handed, 'deletePod').map((action) => 'name' in action && action.name)).toEqual(['city-0']);
    expect(said(handed, 'Progressing')).toBe('True HandingOver: city-0 takes the chain over to cometbft and says Serving');
  });
});

describe('a network that grows', () => {
  test('starts one newcomer at a time, each for the founder with the fewest nodes', () => {
    const first = growing([aServing(0)], [standing(0)]);
    expect(podsMade(first)).toEqual(['city-1']);
    expect(plan(first).effective.nodes.map(({ organisation }) => organisation)).toEqual(['archive', 'bank']);
    expect(said(first, 'Progressing')).toBe('True CatchingUp: city-1 is starting');
    expect(said(first, 'PoolsMatchLedger')).toBe('False Growing: city-1 is to become a validator');
    const second = growing([aServing(0), aServing(1)], [standing(0), standing(1)]);
    expect(podsMade(second)).toEqual(['city-2']);
  });

  test('proposes a newcomer once it has caught up and is ready, and not before', () => {
    const at = (facts: Parameters<typeof aServing>[1]) => growing([aServing(0), aServing(1, facts)], [standing(0)]);
    for (const [facts, text] of [
      [{ height: 40 }, 'city-1 is at height 40 of 50'],
      [{ phase: 'AwaitingGrant' }, 'city-1 says AwaitingGrant'],
      [{ ready: false }, 'city-1 is at height 50 and not ready yet'],
    ] as const) {
      expect(said(at(facts), 'Progressing')).toBe(`True CatchingUp: ${text}`);
      expect(typesOf(at(facts), 'proposeValidator')).toEqual([]);
    }
    const there = at({ height: 49 });
    const change = { node: 'city-1', publicKey: aKey(41), organisation: 'archive' };
    expect(typesOf({ ...there, nodes: calm(there) }, 'proposeValidator')).toEqual([{ type: 'proposeValidator', ...change }]);
  });

  test('tells what an open proposal waits for, and waits for the set to change before the next', () => {
    const waiting = growing([aServing(0), aServing(1)], [standing(0)], {
      join: { node: 'city-1', state: 'open', message: 'city-1: addValidator waits for approvals of founders (0 given)' },
    });
    expect(said(waiting, 'Progressing')).toBe('True AwaitingApproval: city-1: addValidator waits for approvals of founders (0 given)');
    const joining = growing([aServing(0), aServing(1), aServing(2)], [standing(0), standing(1, 'joining')]);
    expect(said(joining, 'Progressing')).toMatch(/^True Joining: city-1 signs blocks/);
    expect(typesOf(joining, 'proposeValidator')).toEqual([]);
  });

  test('adds nobody while too few vote for the larger set', () => {
    const nodes = [aServing(0), aServing(1, { phase: 'AwaitingGrant' }), aServing(2)];
    const thin = growing(nodes, [standing(0), standing(1)]);
    expect(said(thin, 'Progressing')).toBe('True CatchingUp: city-2 waits: with it 2 of 3 validators would vote, 3 are needed');
  });

  test('has grown when the ledger has them all', () => {
    const status = {
      conditions: [{ type: 'Progressing', status: 'True', reason: 'Joining', message: '', lastTransitionTime: '2026-01-01T00:00:00Z' }],
    };
    const all = [0, 1, 2, 3].map((ordinal) => aServing(ordinal));
    const done = growing(
      all,
      [0, 1, 2, 3].map((ordinal) => standing(ordinal)),
      { network: { ...four(), status } as ObservedNetwork['network'] },
    );
    const grown = { ...done, nodes: calm(done) };
    expect(said(grown, 'Progressing')).toBe('False Grown: 4 validators sign blocks; 1 may fail');
    expect(said(grown, 'PoolsMatchLedger')).toMatch(/^True Match: /);
  });
});

describe('a pool that asks for less than the ledger has', () => {
  const five = [0, 1, 2, 3, 4];

  test('takes no validator away: its node runs on, and the condition names the proposal', () => {
    const observed = growing(
      five.map((ordinal) => aServing(ordinal)),
      five.map((ordinal) => standing(ordinal)),
    );
    expect(plan(observed).effective.nodes.map(({ name }) => name)).toContain('city-4');
    expect(said(observed, 'PoolsMatchLedger')).toMatch(
      /^False RemoveByProposal: city-4 stays: .*civitas network propose-validator remove -n city --as <founder> --node city-4$/,
    );
  });

  test('lets a node go that the members have removed, and one it still asks for is not proposed again', () => {
    const removed = five.map((ordinal) => standing(ordinal, ordinal === 4 ? 'removed' : 'active'));
    const gone = growing(
      five.map((ordinal) => aServing(ordinal)),
      removed,
    );
    const ended = typesOf(gone, 'deletePod').filter((action) => 'name' in action && action.name === 'city-4');
    expect(ended.map((action) => 'uid' in action && action.uid)).toEqual(['pod-4']);
    const asked = growing(
      five.map((ordinal) => aServing(ordinal)),
      removed,
      {
        network: four({ pools: [{ name: 'v', role: 'validator', replicas: 5 }] }),
      },
    );
    expect(typesOf(asked, 'proposeValidator')).toEqual([]);
    expect(said(asked, 'PoolsMatchLedger')).toMatch(/^False NotInTheSet: the pools ask for city-4, which the members removed/);
  });
});

test('validators of a network that is born with several go round its founders, and a pool with an agency is that agency’s', () => {
  const organisations = (pools: LedgerNetworkSpec['pools']) =>
    effectiveNetwork(aNetwork({ engine: 'cometbft', ...(pools === undefined ? {} : { pools }) }), CITY, AGENCIES).nodes.map(
      ({ organisation }) => organisation,
    );
  expect(organisations([{ name: 'v', role: 'validator', replicas: 4 }])).toEqual(['archive', 'bank', 'civil-affairs', 'archive']);
  const lead = { name: 'lead', role: 'validator', agencyRef: 'civil-affairs', replicas: 1 } as const;
  expect(organisations([lead, { name: 'others', role: 'validator', replicas: 3 }])).toEqual([
    ...['civil-affairs', 'archive', 'bank', 'archive'],
  ]);
});

/** The nodes with pods as the plan wants them, so that nothing waits to be made anew. */
function calm(observed: ObservedNetwork): ObservedNetwork['nodes'] {
  const bare = Object.fromEntries(Object.entries(observed.nodes).map(([name, node]) => [name, { ...node, pod: undefined }]));
  const made = plan({ ...observed, nodes: bare }).actions.flatMap((action) => (action.type === 'createPod' ? [action.manifest] : []));
  const hashOf = (name: string): string =>
    String(made.find(({ metadata }) => metadata.name === name)?.metadata.annotations?.['civitas.dev/config-hash']);
  return Object.fromEntries(
    Object.entries(observed.nodes).map(([name, node]) => [
      name,
      node.pod === undefined ? node : { ...node, pod: { ...node.pod, configHash: hashOf(name) } },
    ]),
  );
}
