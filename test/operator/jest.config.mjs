// The real API server, etcd and controllers of tools/kube, and on them the operator's own tests as they are: whoever imports
// `./testing/test-cluster.ts` gets the real cluster. Two files at a time, each worker on a cluster of its own; a test may take as long as
// many lives of an operator.
import base from '../../jest.config.mjs';
import { findKubeTools } from '../../tools/kube/kube-tools.ts';

/** They know nothing of this suite: without a cluster they are left out, and those of this folder say so. */
const OPERATOR_TESTS = [
  ...['every-rule', 'rules', 'provision', 'faults', 'validators', 'validator-change', 'network-removal', 'day-two-crash'],
  'least-privilege',
  // Minutes of waiting for tries and clocks, which the other suites have done already.
  ...(process.env['CIVITAS_FULL'] === '1'
    ? ['backup', 'node-restore', 'lagging-api', 'missing-kinds', 'optional-kinds', 'policies-and-packs', 'agency-identity']
    : []),
];

export default {
  ...base,
  rootDir: '../..',
  testEnvironment: '<rootDir>/test/second-try.mjs',
  testMatch: [
    '<rootDir>/test/operator/**/*.test.ts',
    ...(findKubeTools() === undefined ? [] : OPERATOR_TESTS).map((name) => `<rootDir>/operator/src/host/${name}.test.ts`),
  ],
  moduleNameMapper: { '^\\./(testing/)?test-cluster\\.ts$': '<rootDir>/test/operator/cluster/test-cluster.ts' },
  globalSetup: '<rootDir>/test/operator/cluster/setup.mjs',
  globalTeardown: '<rootDir>/test/operator/cluster/teardown.mjs',
  testSequencer: '<rootDir>/test/operator/longest-first.mjs',
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
  testTimeout: 120_000,
};
