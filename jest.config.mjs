// ESM TypeScript through swc; run by tools/test.ts with --experimental-vm-modules.
/** Operators that die dozens of times, a minute each: `npm run test:operator` runs them on a real API server, `--full` here too. */
const MANY_LIVES = ['operator/src/host/(lagging-api|day-two-crash)\\.test\\.ts$'];

export default {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': ['@swc/jest', { jsc: { target: 'es2023', parser: { syntax: 'typescript', decorators: true } }, module: { type: 'es6' } }],
  },
  testMatch: [
    '<rootDir>/{packages,contracts,node,operator,console,cli,proto,tools,bench}/**/*.test.ts',
    '<rootDir>/test/tidy/**/*.test.ts',
  ],
  testPathIgnorePatterns: ['/node_modules/', '/dist/', ...(process.env['CIVITAS_FULL'] === '1' ? [] : MANY_LIVES)],
  maxWorkers: 2,
  // A hang still ends; a busy machine of two cores is not a failure.
  testTimeout: 30_000,
};
