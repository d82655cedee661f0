// Real processes of node and CometBFT. Two files side by side (order.mjs).
import base from '../../jest.config.mjs';

export default {
  ...base,
  rootDir: '../..',
  testEnvironment: '<rootDir>/test/consensus/places.mjs',
  testSequencer: '<rootDir>/test/consensus/order.mjs',
  testMatch: ['<rootDir>/test/consensus/**/*.test.ts'],
  // Longer than all that one test waits for, one after the other: what is late is told by the wait that was, and may be tried again.
  testTimeout: 900_000,
};
