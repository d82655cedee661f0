import { findNextEngine } from '../../../tools/engine-next/engine-next.ts';
import { describeWith } from '../../describe-with.ts';
import { findEngineBinary } from './consensus-network.ts';

/** A suite over real engines. */
export function describeWithEngine(name: string, suite: () => void): void {
  describeWith({ found: findEngineBinary(), missing: 'no engine; npm run engine:install' }, name, suite);
}

/** The same with the next release family beside. */
export function describeWithNextEngine(name: string, suite: () => void): void {
  const found = findEngineBinary() && findNextEngine()?.path('cometbft');
  describeWith({ found, missing: 'no engine; npm run engine:install -- --next' }, name, suite);
}
