// The real API server, etcd and controllers of tools/kube. One file at a time; a test may take as long as many lives of an operator.
import base from '../../jest.config.mjs';

export default { ...base, rootDir: '../..', testMatch: ['<rootDir>/test/operator/**/*.test.ts'], testTimeout: 120_000 };
