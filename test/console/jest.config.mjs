// The console over both identity profiles: a real Keycloak of tools/keycloak and the laptop's local identity, and a browser. One Keycloak
// for the whole run; two files side by side.
import base from '../../jest.config.mjs';

export default {
  ...base,
  rootDir: '../..',
  testSequencer: '<rootDir>/test/console/cities-first.mjs',
  testEnvironment: '<rootDir>/test/second-try.mjs',
  testMatch: ['<rootDir>/test/console/**/*.test.ts'],
  globalSetup: '<rootDir>/test/console/keycloak/setup.mjs',
  globalTeardown: '<rootDir>/test/console/keycloak/teardown.mjs',
  testTimeout: 120_000,
};
