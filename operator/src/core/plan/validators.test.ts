import { nodeCrypto } from '@civitas/canon/node';
import { describe, expect, test } from '@jest/globals';
import { MESSAGES } from '../resources/ledger-network.ts';
import type { LedgerNode } from '../resources/ledger-node.ts';
import { aCity, aKey, aNetwork, aNode, anAgency, anObservation } from '../testing/builders.ts';
import { effectiveNetwork } from './effective-network.ts';
import { keyHashOf } from './genesis-record.ts';
import { runningEngine } from './hand-over.ts';
import { planNetwork } from './network-plan.ts';
import { countValidators, networkVerdicts } from './network-status.ts';
import type { ObservedNetwork, ObservedNode } from './observed-network.ts';
import { planPeers } from './peers-plan.ts';
import { votersOf } from './replacement-plan.ts';
import { reportedGateways } from './reported-gateways.ts';

const { sha256 } = nodeCrypto;
const NAMES = ['city-0', 'city-1', 'city-2', 'city-3'];
const AGENCIES = [anAgency('civil-affairs')];
const CITY = aCity({ engine: 'cometbft', validatorsPerNetwork: 4 });

/** A LedgerNode that has reported, the key told apart by `ordinal`. */
function aReported(ordinal: number, key = ordinal): LedgerNode {
  const status = { podUID: `pod-${ordinal}`, consensusPublicKey: aKey(40 + key), engineNodeId: `${ordinal}`.repeat(40) };
  const node = aNode(`city-${ordinal}`, {
    ...status,
    organisations: [{ organisation: 'civil-affairs', operationPublicKey: aKey(60 + ordinal) }],
  });
  return { ...node, spec: { ...node.spec, ordinal } };
}

function aWorkingNode(ledgerNode: LedgerNode, phase = 'Serving'): ObservedNode {
  const { name } = ledgerNode.metadata;
  const uid = ledgerNode.status?.podUID ?? '';
  return {
    ledgerNode,
    certificate: undefined,
    pod: { name, uid, ip: '127.0.0.9', running: true, ready: true, deleting: false, finished: false, configHash: '', image: undefined },
    answer: {
      ...{ phase, chainId: 'jincheng-city-1', genesisHash: '', genesisMismatch: false, height: 5, root: '', signing: phase === 'Serving' },
      ...{ caughtUp: true, peers: 3, version: '0.1.0', certificateNotAfterUnixMs: 1_900_000_000_000, keys: undefined },
      ...{ unwell: '', halted: false, engineVersion: '0.38.26' },
    },
    address: `10.0.0.${ledgerNode.spec.ordinal + 1}`,
    heard: true,
  };
}

/** Four validators that were born together and serve. */
function aBornNetwork(facts: Partial<ObservedNetwork> = {}): ObservedNetwork {
  const nodes = Object.fromEntries(NAMES.map((name, ordinal) => [name, aWorkingNode(aReported(ordinal))]));
  const unborn = anObservation({ config: CITY, agencies: AGENCIES, nodes });
  const record = planNetwork(unborn, sha256).actions.find(({ type }) => type === 'recordGenesis');
  if (record?.type !== 'recordGenesis') throw new Error('the plan writes no genesis');
  return { ...unborn, genesisRecord: record.text, engineInForce: 'cometbft', ...facts };
}

const actionsOf = (observed: ObservedNetwork, type: string) =>
  planNetwork(observed, sha256).actions.filter((action) => action.type === type);

describe('the validators of a network', () => {
  test('are those of its ledger: one that joined counts, one that is no node of ours is not built on', () => {
    const born = aBornNetwork();
    const effective = effectiveNetwork(born.network, CITY, AGENCIES);
    expect(votersOf(born, effective).map(({ state }) => state)).toEqual(['serving', 'serving', 'serving', 'serving']);
    const set = [...[0, 1, 2, 3].map((ordinal) => aKey(40 + ordinal)), aKey(55)];
    const grown = { ...born, validatorSet: set };
    expect(votersOf(grown, effective).at(-1)).toEqual({ name: aKey(55), ordinal: 4, state: 'unclear', isMoving: false });
    expect(countValidators(grown, planNetwork(grown, sha256))).toMatchObject({ inSet: 5, ready: 4, quorum: 4, spareFaults: 0 });
    const shrunk = { ...born, validatorSet: set.slice(0, 3) };
    expect(votersOf(shrunk, effective).map(({ name }) => name)).toEqual(NAMES.slice(0, 3));
  });

  test('and observers get a grant once their key is reserved, for their engines follow under it', () => {
    const pools = [
      { name: 'v', role: 'validator' as const, replicas: 4 },
      { name: 'o', role: 'observer' as const, replicas: 1 },
    ];
    const reported = aReported(4);
    const observer = aWorkingNode({ ...reported, spec: { ...reported.spec, role: 'observer' } }, 'AwaitingGrant');
    const born = aBornNetwork({ network: aNetwork({ pools }) });
    const joined = { ...born, nodes: { ...born.nodes, 'city-4': observer } };
    const ofObserver = (observed: ObservedNetwork) =>
      planNetwork(observed, sha256).actions.filter((action) => 'node' in action && action.node === 'city-4');
    const holder = { node: 'city-4', nodeUID: 'uid-city-4', podUID: 'pod-4' };
    const keyHash = keyHashOf(aKey(44), sha256);
    expect(ofObserver(joined)).toEqual([{ type: 'reserveKey', keyHash, ...holder }]);
    const reservation = {
      name: 'r',
      uid: 'u',
      resourceVersion: '1',
      holder: 'jincheng/city-4',
      nodeUID: 'uid-city-4',
      podUID: 'pod-4',
      isHolderGone: false,
    };
    expect(ofObserver({ ...joined, reservations: { [keyHash]: reservation } })).toEqual([
      { type: 'grantSigning', node: 'city-4', podUID: 'pod-4', keyHash },
    ]);
  });

  test('with one key twice are not born, and the second holder of a key gets no grant and is told whose it is', () => {
    const twins = Object.fromEntries(NAMES.map((name, ordinal) => [name, aWorkingNode(aReported(ordinal, Math.min(ordinal, 2)))]));
    const plan = planNetwork(anObservation({ config: CITY, agencies: AGENCIES, nodes: twins }), sha256);
    expect(plan.waiting).toEqual({
      reason: 'DuplicateKey',
      message: 'city-3 and city-2 have the same consensus key: one volume is a copy',
    });
    expect(plan.actions.filter(({ type }) => type === 'recordGenesis')).toEqual([]);
    const keyHash = keyHashOf(aKey(43), sha256);
    const reservation = {
      name: 'r',
      uid: 'u',
      resourceVersion: '1',
      holder: 'jincheng/other-0',
      nodeUID: 'uid-other',
      podUID: 'p',
      isHolderGone: false,
    };
    const copied = aBornNetwork({ reservations: { [keyHash]: reservation } });
    expect(planNetwork(copied, sha256).duplicates).toEqual({ 'city-3': 'jincheng/other-0' });
    expect(actionsOf(copied, 'reserveKey').length).toBe(3);
  });

  test('are told of each other when all founders have reported and have an address, newcomers as they come', () => {
    const born = aBornNetwork();
    const effective = effectiveNetwork(born.network, CITY, AGENCIES);
    expect(planPeers(born, effective)?.map(({ node, host }) => `${node} ${host}`)).toEqual(
      NAMES.map((name, index) => `${name} 10.0.0.${index + 1}`),
    );
    const lost = { ...born, nodes: { ...born.nodes, 'city-2': { ...aWorkingNode(aReported(2)), address: undefined } } };
    expect(planPeers(lost, effective)).toBeUndefined();
    const five = effectiveNetwork(aNetwork({ pools: [{ name: 'v', role: 'validator', replicas: 5 }] }), CITY, AGENCIES);
    expect(planPeers(born, five)?.length).toBe(4);
  });

  test('speak for their own organisation alone, but for the node of the vaults', () => {
    const claims = [
      { organisation: 'civil-affairs', operationPublicKey: aKey(1) },
      { organisation: 'hospital-1', operationPublicKey: aKey(2) },
    ];
    const claiming = (ordinal: number): LedgerNode => ({ ...aReported(ordinal), status: { organisations: claims } });
    expect(reportedGateways([claiming(1), claiming(0)]).map(({ node, organisation }) => `${node} ${organisation}`)).toEqual([
      ...['city-0 civil-affairs', 'city-0 hospital-1', 'city-1 civil-affairs'],
    ]);
  });

  test('stay with the organisation they were made for, and a pool that would turn one into an observer is refused in words', () => {
    const born = aBornNetwork();
    const second = { ...born, agencies: [anAgency('archive'), ...AGENCIES] };
    expect(effectiveNetwork(born.network, CITY, second.agencies).nodes[0]?.organisation).toBe('archive');
    expect(planNetwork(second, sha256).effective.nodes.map(({ organisation }) => organisation)).toEqual(NAMES.map(() => 'civil-affairs'));
    const observersFirst = [
      { name: 'o', role: 'observer' as const, replicas: 1 },
      { name: 'v', role: 'validator' as const, replicas: 4 },
    ];
    const moved = planNetwork({ ...born, network: aNetwork({ pools: observersFirst }) }, sha256);
    expect(moved.problems).toEqual([
      {
        reason: 'NodeWouldChangeRole',
        message: 'city-0 is one of the validators, the pools ask for one of the observers: add nodes in a pool after those there are',
      },
    ]);
  });

  test('that say halted are named instead of counted as starting', () => {
    const born = aBornNetwork();
    const halted = Object.fromEntries(
      Object.entries(born.nodes).map(([name, node]) => [
        name,
        {
          ...node,
          answer:
            node.answer === undefined
              ? undefined
              : { ...node.answer, halted: true, unwell: 'engine: halted, votes from 2 of 4 validators, 3 needed' },
        },
      ]),
    );
    const observed = { ...born, nodes: halted };
    const available = networkVerdicts(observed, planNetwork(observed, sha256)).find(({ type }) => type === 'Available');
    expect(available?.reason).toBe('NoQuorum');
    expect(available?.message).toMatch(/^0 of 4 validators serve, 3 are needed; city-0 says engine: halted/);
  });
});

describe('the engine in force', () => {
  const four = effectiveNetwork(aNetwork(), CITY, AGENCIES);
  const one = effectiveNetwork(aNetwork(), aCity(), AGENCIES);

  test('is the one asked for before birth and while they agree', () => {
    expect(runningEngine(four, undefined)).toEqual({ effective: four, problems: [], handOverTo: undefined });
    expect(runningEngine(four, 'cometbft').effective).toBe(four);
  });

  test('stays embedded with its one validator until the chain is handed over', () => {
    const running = runningEngine(four, 'embedded');
    expect([running.handOverTo, running.effective.engine, running.effective.nodes.map(({ name }) => name)]).toEqual([
      'cometbft',
      'embedded',
      ['city-0'],
    ]);
  });

  test('never goes back', () => {
    expect(runningEngine(one, 'cometbft').problems).toEqual([{ reason: 'EngineCannotGoBack', message: MESSAGES.engineBack }]);
  });
});
