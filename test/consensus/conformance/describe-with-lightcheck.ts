import { findEngineTools } from '../../../tools/engine/engine-tools.ts';
import { describeWith } from '../../describe-with.ts';

/** A suite that asks CometBFT's own packages, by the program that it is given. */
export function describeWithLightcheck(name: string, suite: (program: string) => void): void {
  describeWith({ found: findEngineTools()?.path('lightcheck'), missing: 'no engine tools; npm run engine:install' }, name, suite);
}
