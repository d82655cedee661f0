// Alert rules against promtool; needs Debian's prometheus package (npm run test:alerts says so where it is missing).
import base from '../../jest.config.mjs';

export default { ...base, rootDir: '../..', testMatch: ['<rootDir>/test/alerts/**/*.test.ts'], testTimeout: 300_000 };
