// The Helm chart with the helm, and on the API server, that `npm run kube:install` builds; says so loudly where they are missing.
import base from '../../jest.config.mjs';

export default { ...base, rootDir: '../..', testMatch: ['<rootDir>/test/chart/**/*.test.ts'], testTimeout: 180_000 };
