export * from './ledger-state.ts';
export * from './test-city.ts';
export * from './test-ledger.ts';
