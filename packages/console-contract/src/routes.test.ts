import { describe, expect, test } from '@jest/globals';
import { PROBLEMS } from './problem.ts';
import { RESOURCES, type Route, VERBS } from './route.ts';
import { ROUTES } from './routes.ts';

const routes = Object.entries<Route>(ROUTES);
const parametersOf = (path: string): string[] => [...path.matchAll(/:([a-z]+)/gi)].map((match) => match[1] ?? '');

describe('the routes of the console', () => {
  test.each(routes)('%s says what the policy decides about, and describes each parameter of its path', (_, route) => {
    expect(VERBS).toContain(route.verb);
    expect(RESOURCES).toContain(route.resource);
    const described: unknown = route.params?.['properties'] ?? {};
    expect(Object.keys(described ?? {}).sort()).toEqual(parametersOf(route.path).sort());
  });

  test('no two routes share an address', () => {
    const addresses = routes.map(([, { method, path }]) => `${method} ${path.replaceAll(/:[a-z]+/gi, ':')}`);
    expect(new Set(addresses).size).toBe(addresses.length);
  });

  test('every route that changes something can say that the audit log is not to be had', () => {
    const silent = routes.filter(([, { method, problems }]) => method !== 'GET' && !problems.includes('AUDIT_UNAVAILABLE'));
    expect(silent.map(([name]) => name)).toEqual([]);
  });

  test('approving, deleting, exporting and membership need a second factor', () => {
    const weak = routes.filter(([, { verb, resource, method, stepUp }]) => {
      const guarded = verb === 'approve' || verb === 'delete' || verb === 'export' || (resource === 'member' && method !== 'GET');
      return guarded && stepUp !== true;
    });
    expect(weak.map(([name]) => name)).toEqual([]);
  });

  test('every problem has a status of refusal', () => {
    for (const { status } of Object.values(PROBLEMS)) expect(status).toBeGreaterThanOrEqual(400);
  });
});
