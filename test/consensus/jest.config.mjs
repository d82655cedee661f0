// Real processes of node and CometBFT. Two files side by side (order.mjs); a test may take as long as a network takes to halt and come back.
import base from '../../jest.config.mjs';

export default {
  ...base,
  rootDir: '../..',
  testEnvironment: '<rootDir>/test/consensus/places.mjs',
  testSequencer: '<rootDir>/test/consensus/order.mjs',
  testMatch: ['<rootDir>/test/consensus/**/*.test.ts'],
  testTimeout: 180_000,
};
