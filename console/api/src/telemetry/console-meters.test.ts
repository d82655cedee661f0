import { consoleMetrics, openMetricsRegistry } from '@civitas/telemetry';
import { expect, test } from '@jest/globals';
import fastify from 'fastify';
import type { AuditLog } from '../audit/audit-log.ts';
import { countedAudit } from './follow-audit.ts';
import { watchDirectory } from './follow-directory.ts';
import { followRequests } from './follow-requests.ts';

function opened() {
  const registry = openMetricsRegistry({});
  const meters = registry.register(consoleMetrics);
  const valueOf = async (series: string): Promise<string | undefined> =>
    (await registry.text())
      .split('\n')
      .find((line) => line.startsWith(`${series} `))
      ?.split(' ')[1];
  return { registry, meters, valueOf };
}

test('answers of the API are counted by class, refused callers by reason, pages not at all', async () => {
  const { meters, valueOf } = opened();
  const app = fastify();
  followRequests(app, meters);
  app.get('/api/v1/networks', async () => []);
  app.post('/api/v1/agencies', async (_, reply) => reply.code(403).send({}));
  app.get('/index.html', async () => 'page');
  await app.inject({ method: 'GET', url: '/api/v1/networks' });
  await app.inject({ method: 'POST', url: '/api/v1/agencies' });
  await app.inject({ method: 'GET', url: '/index.html' });
  await app.close();

  expect(await valueOf('civitas_console_http_requests_total{method="GET",status="2xx"}')).toBe('1');
  expect(await valueOf('civitas_console_http_requests_total{method="POST",status="4xx"}')).toBe('1');
  expect(await valueOf('civitas_console_authentication_failures_total{reason="forbidden"}')).toBe('1');
  expect(await valueOf('civitas_console_http_request_seconds_count{method="GET"}')).toBe('1');
});

test('an audit log that fails says so in both families', async () => {
  const { registry, meters, valueOf } = opened();
  let problem: string | undefined;
  const broken: AuditLog = {
    append: async () => {
      problem = 'no space left';
      throw new Error(problem);
    },
    list: async () => [],
    problem: () => problem,
    close: async () => {},
  };
  const audit = countedAudit(broken, meters, registry);
  expect(await valueOf('civitas_console_audit_writable')).toBe('1');
  const facts = { sub: 's', name: 'n', agency: '', action: 'a', resource: 'r', stage: 'asked', of: 0, facts: {} } as const;
  await expect(audit.append(facts)).rejects.toThrow('no space left');

  expect(await valueOf('civitas_console_audit_writable')).toBe('0');
  expect(await valueOf('civitas_console_audit_entries_total{result="failed"}')).toBe('1');
});

test('an identity provider that does not answer is down, and up again when it does', async () => {
  const { meters, valueOf } = opened();
  let isThere = false;
  const directory = {
    findOrganization: async () => {
      if (!isThere) throw new Error('connect ECONNREFUSED');
      return undefined;
    },
  };
  const warned: string[] = [];
  const watch = watchDirectory(directory, { up: meters.directoryUp, log: { warn: (event) => void warned.push(event) } });
  await watch.ask();
  expect(await valueOf('civitas_console_directory_up')).toBe('0');
  expect(new Set(warned)).toEqual(new Set(['identity-unreachable']));
  isThere = true;
  await watch.ask();
  watch.close();

  expect(await valueOf('civitas_console_directory_up')).toBe('1');
});
