// A live drill: real Prometheus and Alertmanager over real processes, faults, alerts. One file at a time.
import base from '../../jest.config.mjs';

export default {
  ...base,
  rootDir: '../..',
  testEnvironment: '<rootDir>/test/second-try.mjs',
  testMatch: ['<rootDir>/test/observability/**/*.test.ts'],
  testTimeout: 400_000,
};
