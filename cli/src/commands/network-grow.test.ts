import { Writable } from 'node:stream';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { EXIT } from '../exit-codes.ts';
import { Fault } from '../fault.ts';
import { createTerminal } from '../terminal/terminal.ts';
import type { CommandContext } from './context.ts';
import { type GrowCluster, type GrowNetworkObject, growNetwork, type NetworkGrowOptions } from './network-grow.ts';
import { type GrowingNetwork, growthOf } from './network-growth.ts';

const EMBEDDED: GrowingNetwork = {
  name: 'health',
  engine: 'embedded',
  pools: [{ name: 'validators', role: 'validator', agencyRef: 'hospital-1' }],
  paused: false,
  height: 39,
  validatorsPerPool: 1,
};

function usageOf(network: Partial<GrowingNetwork>, to: number): string {
  try {
    growthOf({ ...EMBEDDED, ...network }, to);
    return 'none';
  } catch (error) {
    if (error instanceof Fault && error.code === 'USAGE') return error.message;
    throw error;
  }
}

describe('what a growth asks for', () => {
  test('keeps the first node where it is, and has the newcomers go round the founders', () => {
    const { patch, from, to } = growthOf(EMBEDDED, 4);
    expect([from, to]).toEqual([1, 4]);
    expect(patch.spec).toEqual({
      engine: 'cometbft',
      pools: [
        { name: 'validators', role: 'validator', agencyRef: 'hospital-1', replicas: 1 },
        { name: 'members', role: 'validator', replicas: 3 },
      ],
    });
  });

  test('makes the last pool larger where it names no agency, and adds one behind observers', () => {
    const shared = [{ name: 'v', role: 'validator', replicas: 4 }];
    expect(growthOf({ ...EMBEDDED, engine: 'cometbft', pools: shared }, 7).patch.spec.pools).toEqual([{ ...shared[0], replicas: 7 }]);
    const watched = [...shared, { name: 'members', role: 'observer', replicas: 1 }];
    expect(growthOf({ ...EMBEDDED, engine: 'cometbft', pools: watched }, 5).patch.spec.pools).toEqual([
      ...watched,
      { name: 'members-2', role: 'validator', replicas: 1 },
    ]);
    expect(growthOf({ ...EMBEDDED, engine: 'cometbft', pools: undefined, validatorsPerPool: 4 }, 5).from).toBe(4);
  });

  test('says what it costs: a halt for the hand-over, no way back, and no spare validator on the way', () => {
    expect(growthOf(EMBEDDED, 4).steps.join('\n')).toMatch(/39 blocks.*stands still[\s\S]*no way back[\s\S]*none of them may fail/);
    const later = growthOf({ ...EMBEDDED, engine: 'cometbft', pools: [{ name: 'v', role: 'validator', replicas: 4 }] }, 5).steps.join('\n');
    expect(later).not.toMatch(/way back|may fail/);
  });

  test('is refused with USAGE where it would not be a growth', () => {
    expect(usageOf({ paused: true }, 4)).toMatch(/^health is paused/);
    expect(usageOf({}, 3)).toMatch(/fewer than 4 survive no fault/);
    const seven = { engine: 'cometbft', pools: [{ name: 'v', role: 'validator', replicas: 7 }] };
    expect(usageOf(seven, 4)).toMatch(/propose-validator remove -n health/);
    expect(usageOf(seven, 7)).toMatch(/already asks for 7/);
  });
});

let network: GrowNetworkObject;
let patches: object[];
let printed: string[];

beforeEach(() => {
  const metadata = { name: 'health', namespace: 'jincheng', uid: 'u', resourceVersion: '1', creationTimestamp: '', generation: 1 };
  const pools = [{ name: 'validators', role: 'validator', agencyRef: 'hospital-1' }];
  const spec = { chainId: 'jincheng-health-1', domain: 'health', pools };
  network = { apiVersion: 'civitas.dev/v1alpha1', kind: 'LedgerNetwork', metadata, spec, status: { engine: 'embedded', height: 39 } };
  patches = [];
  printed = [];
});

function aContext(): CommandContext {
  const stream = new Writable({ write: (chunk, _encoding, done) => done(void printed.push(String(chunk))) });
  const terminal = createTerminal({ stdout: stream, stderr: stream }, { json: false });
  return { home: '', as: undefined, terminal, signal: new AbortController().signal, parties: () => Promise.reject(new Error('not asked')) };
}

/** A cluster with one network, whose status goes through these words one a look. */
function aCluster(conditions: readonly { type: string; status: string; reason: string; message: string }[]): GrowCluster {
  const left = [...conditions];
  return {
    networks: async () => [network],
    cityDefaults: async () => undefined,
    find: async () => {
      const said = left.shift();
      const isDone = left.length === 0;
      const status = { conditions: said === undefined ? [] : [{ ...said, observedGeneration: 2 }], validators: { inSet: isDone ? 4 : 1 } };
      return { ...network, status };
    },
    patch: async (_ref, patch) => {
      patches.push(patch);
      return { ...network, metadata: { ...network.metadata, generation: 2 } };
    },
  };
}

const grow = (cluster: GrowCluster, options: Partial<NetworkGrowOptions>) =>
  growNetwork(aContext(), cluster, 'health', { validators: '4', ...options });

describe('civitas network grow', () => {
  test('changes nothing without --yes, and says so', async () => {
    expect(await grow(aCluster([]), {})).toBe(EXIT.ok);
    expect(patches).toEqual([]);
    expect(printed.join('')).toMatch(/health: 1 → 4 validators[\s\S]*nothing has been changed/);
  });

  test('asks the operator and follows it until the ledger has all validators', async () => {
    const steps = [
      { type: 'Progressing', status: 'True', reason: 'HandingOver', message: 'health-0 takes the chain over' },
      { type: 'Progressing', status: 'False', reason: 'Grown', message: '4 validators sign blocks; 1 may fail' },
    ];
    expect(await grow(aCluster(steps), { yes: true })).toBe(EXIT.ok);
    expect(patches).toEqual([growthOf(EMBEDDED, 4).patch]);
    expect(printed.join('')).toMatch(/HandingOver: health-0 takes the chain over\nGrown: 4 validators/);
  });

  test('ends refused when the operator says why it cannot', async () => {
    const problem = { type: 'Degraded', status: 'True', reason: 'AgencyUnknown', message: 'node health-1 is to belong to nobody' };
    expect(await grow(aCluster([problem, problem]), { yes: true })).toBe(EXIT.refused);
    expect(printed.join('')).toContain('health cannot grow: AgencyUnknown');
  });

  test('leaves the work to the operator with --no-wait, and knows no network that is not there', async () => {
    expect(await grow(aCluster([]), { yes: true, wait: false })).toBe(EXIT.ok);
    expect(patches.length).toBe(1);
    await expect(growNetwork(aContext(), aCluster([]), 'water', { validators: '4' })).rejects.toThrow("there is no network 'water'");
  });
});
