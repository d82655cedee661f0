import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { withAppFiles } from './app-files.ts';

test('an image is not built from a lock file that lags behind a workspace: npm would leave out what it began to need', () => {
  const root = mkdtempSync(join(tmpdir(), 'civitas-lagging-'));
  try {
    mkdirSync(join(root, 'app'));
    writeFileSync(join(root, 'app/package.json'), JSON.stringify({ name: 'app', dependencies: { added: '1.0.0' } }));
    const packages = { app: { name: 'app' }, 'node_modules/app': { link: true, resolved: 'app' } };
    writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ lockfileVersion: 3, packages }));
    expect(() => withAppFiles({ root, workspace: 'app', architecture: 'amd64' }, () => undefined)).toThrow(
      'app/package.json needs added, and the lock file does not say so',
    );
  } finally {
    rmSync(root, { recursive: true });
  }
});
