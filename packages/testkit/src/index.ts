export * from './fake-clock.ts';
export * from './golden.ts';
export * from './key-pair.ts';
export * from './seeded-random.ts';
export * from './unless-gone.ts';
export * from './wait-for.ts';
