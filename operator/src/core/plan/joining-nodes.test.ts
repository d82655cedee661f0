import { canonicalString, type Json } from '@civitas/canon';
import { describe, expect, test } from '@jest/globals';
import { nodeConfigOf } from '../desired/node-config.ts';
import type { CityConfig } from '../resources/city-config.ts';
import { aCity, aNetwork, anAgency } from '../testing/builders.ts';
import { effectiveNetwork } from './effective-network.ts';
import { withStateSync } from './joining-nodes.ts';

const POOLS = [
  { name: 'v', role: 'validator' as const, replicas: 3 },
  { name: 'o', role: 'observer' as const, replicas: 1 },
];

/** Whether each node's configuration asks for a snapshot, in their order. */
function asked(engine: CityConfig['spec']['engine'], founders: readonly string[] | undefined): readonly (boolean | undefined)[] {
  const effective = effectiveNetwork(aNetwork({ pools: POOLS }), aCity({ engine }), [anAgency('civil-affairs')]);
  const record = founders && canonicalString({ validators: founders.map((node) => ({ node })) } satisfies Json);
  const network = withStateSync(effective, record);
  return network.nodes.map((node) => nodeConfigOf(network, node).stateSync);
}

describe('a node starts from a snapshot of its peers', () => {
  test('when the genesis does not name it, whether it is a validator or follows', () => {
    expect(asked('cometbft', ['city-0', 'city-1'])).toEqual([undefined, undefined, true, true]);
    expect(asked('cometbft', ['city-0'])).toEqual([undefined, true, true, true]);
  });

  test('never as a validator of the genesis, and the birth changes no configuration', () => {
    const founders = ['city-0', 'city-1', 'city-2'];
    expect(asked('cometbft', undefined)).toEqual([undefined, undefined, undefined, true]);
    expect(asked('cometbft', founders)).toEqual(asked('cometbft', undefined));
  });

  test('never on the embedded engine', () => {
    expect(asked('embedded', ['city-0'])).toEqual([undefined, undefined, undefined, undefined]);
  });
});
