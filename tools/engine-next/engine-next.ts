import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuiltPrograms, findPrograms, type GoPrograms } from '../go/go-programs.ts';

/** Release family after the one that networks run on: tests run both in one network, so that an upgrade holds no surprise. */
export const NEXT_ENGINE: GoPrograms<'cometbft'> = {
  name: 'engine-next',
  version: '0.39.4',
  sources: dirname(fileURLToPath(import.meta.url)),
  programs: ['cometbft'],
};

/** As `npm run engine:install -- --next` built it; undefined when it has not run for these sources. */
export function findNextEngine(): BuiltPrograms<'cometbft'> | undefined {
  return findPrograms(NEXT_ENGINE);
}
