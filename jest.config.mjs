// ESM TypeScript through swc; run by tools/test.ts with --experimental-vm-modules.
export default {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': ['@swc/jest', { jsc: { target: 'es2023', parser: { syntax: 'typescript', decorators: true } }, module: { type: 'es6' } }],
  },
  testMatch: ['<rootDir>/{packages,contracts,node,operator,console,cli,proto,tools}/**/*.test.ts', '<rootDir>/test/tidy/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
  maxWorkers: 2,
  // A hang still ends; a busy machine of two cores is not a failure.
  testTimeout: 30_000,
};
