import { readFileSync } from 'node:fs';
import { CONTROLLERS } from '@civitas/telemetry';
import { expect, test } from '@jest/globals';

test('the catalogue names every controller that is started, so that all their series begin at zero', () => {
  const source = readFileSync(new URL('start-controllers.ts', import.meta.url), 'utf8');
  const started = [...source.matchAll(/controllers\.set\('([a-z]+)'/g)].map(([, name]) => name);

  expect(started.length).toBeGreaterThan(10);
  expect([...CONTROLLERS]).toEqual(expect.arrayContaining(started));
});
