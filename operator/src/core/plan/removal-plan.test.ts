import { describe, expect, test } from '@jest/globals';
import { FORCE_REMOVAL, REQUESTED_BY, type TombstoneInput, tombstoneObject } from '../desired/tombstone.ts';
import { aCity, aNetwork, aNode, anAgency, anObservation } from '../testing/builders.ts';
import { deletionPolicyOf } from './deletion-policy.ts';
import { effectiveNetwork } from './effective-network.ts';
import { CLOSING_SILENCE_MS } from './limits.ts';
import type { ObservedNetwork, ObservedNode } from './observed-network.ts';
import { type ObservedRemoval, planRemoval, type RemovalStep } from './removal-plan.ts';

const DELETED_AT = 1_800_000_000_000;
const LINK = { name: 'city-health', inFlight: 3 };

function aPod(facts: { readonly deleting?: boolean; readonly answers?: boolean } = {}): ObservedNode {
  const { deleting = false, answers = true } = facts;
  const answer = {
    ...{
      phase: 'Serving',
      chainId: 'jincheng-city-1',
      genesisHash: '',
      genesisMismatch: false,
      height: 9,
      root: '',
      signing: true,
      caughtUp: true,
    },
    ...{ peers: 0, version: '0.1.0', certificateNotAfterUnixMs: DELETED_AT, keys: undefined, unwell: '', halted: false, engineVersion: '' },
  };
  return {
    ledgerNode: aNode('city-0'),
    certificate: undefined,
    pod: {
      ...{ name: 'city-0', uid: 'pod-0', ip: '127.0.0.9', running: true, ready: true, deleting, finished: false },
      configHash: '',
      image: undefined,
    },
    answer: answers ? answer : undefined,
    address: undefined,
    heard: true,
  };
}

function step(
  facts: Partial<ObservedNetwork>,
  more: {
    afterMs?: number;
    tombstone?: boolean;
    ending?: boolean;
    annotations?: Record<string, string>;
    backups?: ObservedRemoval['backups'];
  } = {},
): RemovalStep {
  const { afterMs = 0, tombstone = false, ending = false, annotations = {}, backups = [] } = more;
  const plain = aNetwork();
  const network = { ...plain, metadata: { ...plain.metadata, annotations } };
  const observed = anObservation({ network, genesisRecord: '{}', nowUnixMs: DELETED_AT + afterMs, ...facts });
  const effective = effectiveNetwork(network, aCity(), [anAgency('civil-affairs')]);
  return planRemoval({ observed, effective, deletedAtUnixMs: DELETED_AT, hasTombstone: tombstone, isNamespaceEnding: ending, backups });
}

describe('a network that was deleted', () => {
  test('waits for its links first, and says which, what is in flight, and how they are given up', () => {
    expect(step({ openLinks: [LINK], nodes: { 'city-0': aPod() } })).toEqual({
      type: 'wait',
      reason: 'Draining',
      message: `waiting for links to drain: city-health (3 in flight); to give up what is in flight: annotate ${FORCE_REMOVAL}=jincheng-city-1`,
    });
  });

  test('is forced only by its own chain id', () => {
    const facts = { openLinks: [LINK], nodes: { 'city-0': aPod() } };
    expect(step(facts, { annotations: { [FORCE_REMOVAL]: 'true' } }).type).toBe('wait');
    expect(step(facts, { annotations: { [FORCE_REMOVAL]: 'jincheng-city-1' } })).toEqual({
      type: 'publishTombstone',
      forced: `${FORCE_REMOVAL} is set`,
    });
  });

  test('asks its nodes for their last block, and writes them off when they stay silent', () => {
    const silent = { nodes: { 'city-0': aPod({ answers: false }) } };
    expect(step(silent)).toMatchObject({
      type: 'wait',
      reason: 'Closing',
      message: expect.stringContaining('city-0 is asked for its last block'),
    });
    expect(step(silent, { afterMs: CLOSING_SILENCE_MS }).type).toBe('publishTombstone');
    expect(step({ nodes: {} }).type).toBe('publishTombstone');
  });

  test('takes its pods only once the tombstone stands, then waits for them, then ends', () => {
    expect(step({ nodes: { 'city-0': aPod() } }, { tombstone: true })).toEqual({
      type: 'deletePods',
      pods: [{ name: 'city-0', uid: 'pod-0' }],
    });
    expect(step({ nodes: { 'city-0': aPod({ deleting: true }) } }, { tombstone: true })).toMatchObject({
      type: 'wait',
      reason: 'Stopping',
    });
    expect(step({ nodes: {} }, { tombstone: true })).toEqual({ type: 'finish' });
  });

  test('has its backups removed where the policy takes them along, and waits for that unless it is forced', () => {
    const facts = { nodes: { 'city-0': aPod() } };
    const one = { name: 'nightly', isDeleting: false };
    expect(step(facts, { tombstone: true, backups: [one] })).toEqual({ type: 'deleteBackups', names: ['nightly'] });
    const going = [{ ...one, isDeleting: true }];
    expect(step(facts, { tombstone: true, backups: going })).toMatchObject({ type: 'wait', reason: 'RemovingBackups' });
    const annotations = { [FORCE_REMOVAL]: 'jincheng-city-1' };
    expect(step(facts, { tombstone: true, backups: going, annotations }).type).toBe('deletePods');
  });

  test('leaves no tombstone when it was never born', () => {
    expect(step({ genesisRecord: undefined, openLinks: [LINK], nodes: {} })).toEqual({ type: 'finish' });
  });

  test('waits for nothing in a namespace that is ending, and says so', () => {
    const facts = { openLinks: [LINK], nodes: { 'city-0': aPod({ answers: false }) } };
    expect(step(facts, { ending: true })).toEqual({ type: 'publishTombstone', forced: 'namespace jincheng is being deleted' });
    expect(step(facts, { ending: true, tombstone: true })).toEqual({ type: 'finish' });
  });
});

describe('what a deletion takes away', () => {
  test('nothing unless the spec says so, and no keys of data that are kept', () => {
    expect(deletionPolicyOf({})).toEqual({ data: 'Retain', keys: 'Retain', backups: 'Retain' });
    expect(deletionPolicyOf({ deletionPolicy: { keys: 'Delete' } }).keys).toBe('Retain');
    expect(deletionPolicyOf({ deletionPolicy: { data: 'Delete', keys: 'Delete', backups: 'Delete' } })).toEqual({
      data: 'Delete',
      keys: 'Delete',
      backups: 'Delete',
    });
  });
});

test('a tombstone says which chain ended where, when, at whose wish, and what was given up', () => {
  const input: TombstoneInput = {
    metadata: { ...aNetwork().metadata, annotations: { [REQUESTED_BY]: 'li.wei' } },
    chainId: 'jincheng-city-1',
    genesisHash: 'hash',
    genesisText: '{"chainId":"jincheng-city-1"}',
    engine: 'cometbft',
    closing: { height: 812, root: 'root', node: 'city-2', lightBlock: 'bytes', lightBlockHeight: 812 },
    removedAtUnixMs: DELETED_AT,
    policy: deletionPolicyOf({}),
    forced: 'why',
    abandoned: [LINK],
    volumes: ['jincheng/city-0-data'],
  };
  const { metadata, ...rest } = tombstoneObject(input);
  const data = rest['data'] as Readonly<Record<string, string>>;
  expect(metadata).toMatchObject({
    name: 'tombstone.jincheng.city.uid-net',
    namespace: 'civitas-system',
    labels: { 'civitas.dev/ended-chain': 'jincheng-city-1', 'civitas.dev/ended-data': 'Retain' },
  });
  expect(rest['immutable']).toBe(true);
  expect(data['genesis.json']).toBe(input.genesisText);
  expect(JSON.parse(data['tombstone.json'] ?? '')).toEqual({
    ...{
      schemaVersion: 1,
      network: 'city',
      namespace: 'jincheng',
      uid: 'uid-net',
      chainId: 'jincheng-city-1',
      genesisHash: 'hash',
      engine: 'cometbft',
    },
    ...{
      height: 812,
      root: 'root',
      toldBy: 'city-2',
      lightBlock: 'bytes',
      lightBlockHeight: 812,
      removedAtUnixMs: DELETED_AT,
      requestedBy: 'li.wei',
    },
    ...{
      policy: { data: 'Retain', keys: 'Retain', backups: 'Retain' },
      forced: 'why',
      abandoned: [LINK],
      volumes: ['jincheng/city-0-data'],
    },
    genesisRecord: 'civitas-system/genesis.jincheng.city',
  });
});
