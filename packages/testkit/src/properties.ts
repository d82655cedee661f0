import * as fc from 'fast-check';
import { chosenSeed } from './seeded-random.ts';

// fast-check counts seeds in 32 bits; a failing property prints its own.
fc.configureGlobal({ seed: Number(BigInt.asIntN(32, chosenSeed())) });

/** fast-check on the chosen seed. */
export { fc };
