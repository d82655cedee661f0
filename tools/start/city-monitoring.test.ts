import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { planMonitoring } from './city-monitoring.ts';
import { findMonitoringPrograms } from './monitoring-programs.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'civitas-programs-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const install = (name: string): void => {
  writeFileSync(join(folder, name), '#!/bin/sh\n');
  chmodSync(join(folder, name), 0o755);
};

test('programs that are missing are named, and the city goes without them', () => {
  const lines: string[] = [];
  expect(findMonitoringPrograms(folder)).toEqual({ missing: ['prometheus', 'prometheus-alertmanager'] });
  expect(planMonitoring(folder, '127.1.1.1', (line) => lines.push(line), findMonitoringPrograms(folder))).toBeUndefined();
  expect(lines.join()).toContain('not installed: prometheus, prometheus-alertmanager; the city runs without');
});

test('both programs are found under either name of Alertmanager', () => {
  install('prometheus');
  install('alertmanager');
  const programs = findMonitoringPrograms(`/nowhere:${folder}`);
  expect(programs).toEqual({ prometheus: join(folder, 'prometheus'), alertmanager: join(folder, 'alertmanager') });
  expect(planMonitoring(folder, '127.1.1.1', () => undefined, programs)?.alertmanager).toBe('127.1.1.1:9093');
});
