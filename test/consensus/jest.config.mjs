// Real processes of node and CometBFT. One file at a time; a test may take as long as a network takes to halt and come back.
import base from '../../jest.config.mjs';

export default {
  ...base,
  rootDir: '../..',
  testEnvironment: '<rootDir>/test/second-try.mjs',
  testMatch: ['<rootDir>/test/consensus/**/*.test.ts'],
  testTimeout: 180_000,
};
