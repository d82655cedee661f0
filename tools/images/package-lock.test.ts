import { describe, expect, test } from '@jest/globals';
import { closureOf, type PackageLock } from './package-lock.ts';

const LOCK: PackageLock = {
  packages: {
    app: { dependencies: { lib: '1', plain: '1' } },
    lib: { dependencies: { plain: '2' }, optionalDependencies: { elsewhere: '1' } },
    'node_modules/app': { link: true, resolved: 'app' },
    'node_modules/lib': { link: true, resolved: 'lib' },
    'lib/node_modules/plain': { version: '2.0.0' },
    'node_modules/plain': { version: '1.0.0', dependencies: { circle: '1' } },
    'node_modules/circle': { version: '1.0.0', dependencies: { plain: '1' } },
    'node_modules/unneeded': { version: '1.0.0' },
  },
};

describe('what a workspace needs by the lock file', () => {
  test('is found from each package upwards, once, with nothing else', () => {
    const { workspaces, packages } = closureOf(LOCK, 'app');
    expect(workspaces).toEqual([
      { name: 'app', path: 'app' },
      { name: 'lib', path: 'lib' },
    ]);
    expect(packages.map(({ path }) => path)).toEqual(['lib/node_modules/plain', 'node_modules/circle', 'node_modules/plain']);
  });

  test('is refused when the lock file lacks a part', () => {
    expect(() =>
      closureOf({ packages: { 'node_modules/app': { link: true, resolved: 'app' }, app: { dependencies: { gone: '1' } } } }, 'app'),
    ).toThrow('gone, needed by app, is not in the lock file');
  });
});
