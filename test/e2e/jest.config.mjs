// End to end: starts the product as a person does. One file at a time; a test may take as long as a city takes to start.
import base from '../../jest.config.mjs';

export default { ...base, rootDir: '../..', testMatch: ['<rootDir>/test/e2e/**/*.test.ts'], testTimeout: 120_000 };
