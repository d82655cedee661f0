// A whole Kubernetes with real containers on this machine. One file at a time: a file is one cluster from nothing to nothing.
import base from '../../jest.config.mjs';

export default {
  ...base,
  rootDir: '../..',
  testEnvironment: '<rootDir>/test/second-try.mjs',
  testMatch: ['<rootDir>/test/cluster/**/*.test.ts'],
  testTimeout: 300_000,
};
