import { MESSAGES } from '../resources/ledger-network.ts';
import type { EffectiveNetwork, Problem } from './effective-network.ts';

/** A network as it is to be run now, which is not always as it is asked for. */
export interface RunningEngine {
  readonly effective: EffectiveNetwork;
  readonly problems: readonly Problem[];
  /** The engine asked for, while the chain has not been handed over to it. */
  readonly handOverTo: 'cometbft' | undefined;
}

/**
 * A born chain runs on the engine that its record names, until a hand-over changes the record. Steps of a hand-over stand between the
 * two: what plans them reads `handOverTo`.
 *
 * @param inForce Undefined before birth.
 */
export function runningEngine(wanted: EffectiveNetwork, inForce: EffectiveNetwork['engine'] | undefined): RunningEngine {
  if (inForce === undefined || inForce === wanted.engine) return { effective: wanted, problems: [], handOverTo: undefined };
  if (inForce === 'cometbft') {
    const problems = [{ reason: 'EngineCannotGoBack', message: MESSAGES.engineBack }];
    return { effective: { ...wanted, engine: 'cometbft' }, problems, handOverTo: undefined };
  }
  const [first] = wanted.nodes.filter(({ role }) => role === 'validator');
  return { effective: { ...wanted, engine: 'embedded', nodes: first === undefined ? [] : [first] }, problems: [], handOverTo: 'cometbft' };
}
