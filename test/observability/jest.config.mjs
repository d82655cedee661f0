// A live drill: real Prometheus and Alertmanager over real processes, faults, alerts. One file at a time.
import base from '../../jest.config.mjs';

export default {
  ...base,
  rootDir: '../..',
  testEnvironment: '<rootDir>/test/second-try.mjs',
  testMatch: ['<rootDir>/test/observability/**/*.test.ts'],
  // Longer than all that one test waits for, one after the other: what is late is told by the wait that was, and may be tried again.
  testTimeout: 900_000,
};
