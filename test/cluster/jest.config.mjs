// A whole Kubernetes with real containers on this machine. One file at a time: a file is one cluster from nothing to nothing.
import base from '../../jest.config.mjs';

export default {
  ...base,
  rootDir: '../..',
  testEnvironment: '<rootDir>/test/second-try.mjs',
  testMatch: ['<rootDir>/test/cluster/**/*.test.ts'],
  // Longer than all that one test waits for, one after the other: what is late is told by the wait that was, and may be tried again.
  testTimeout: 900_000,
};
