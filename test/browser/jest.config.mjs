// Pure packages in a real Chromium (npm run test:browser says so where it is missing).
import base from '../../jest.config.mjs';

export default { ...base, rootDir: '../..', testMatch: ['<rootDir>/test/browser/**/*.test.ts'], testTimeout: 60_000 };
