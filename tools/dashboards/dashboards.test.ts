import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { DASHBOARDS } from '../../packages/telemetry/src/dashboards/index.ts';
import { grafanaDashboard } from './grafana-dashboard.ts';

const FOLDER = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'charts', 'civitas', 'dashboards');
const built = DASHBOARDS.map((dashboard) => grafanaDashboard(dashboard, DASHBOARDS));

interface Place {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

test('what the chart ships is what the sources say', () => {
  for (const dashboard of built) {
    expect(readFileSync(join(FOLDER, `${dashboard.uid}.json`), 'utf8')).toBe(`${JSON.stringify(dashboard, null, 2)}\n`);
  }
  expect(built).toHaveLength(8);
});

test('every panel has a title of its own, a description, a unit and the chosen data source', () => {
  for (const { title: dashboard, panels = [] } of built) {
    const titles = panels.filter(({ type }) => type !== 'row').map(({ title }) => title);
    expect(new Set(titles).size).toBe(titles.length);
    for (const panel of panels) {
      if (panel.type === 'row' || !('description' in panel)) continue;
      const unit = panel.fieldConfig?.defaults?.unit;
      expect({ dashboard, panel: panel.title, unit: unit !== undefined }).toMatchObject({ unit: true });
      expect(panel.description).toMatch(/\.$/);
      expect(panel.datasource).toEqual({ type: 'prometheus', uid: '${datasource}' });
    }
  }
});

test('no panel lies over another one or outside the grid', () => {
  const wrong: string[] = [];
  for (const { title: dashboard, panels = [] } of built) {
    const taken = new Map<string, string>();
    for (const { title = '', gridPos } of panels) {
      const { x, y, w, h } = gridPos as Place;
      if (x < 0 || x + w > 24) wrong.push(`${dashboard}: ${title} leaves the grid`);
      for (const cell of cellsOf(x, y, w, h)) {
        const other = taken.get(cell);
        if (other !== undefined) wrong.push(`${dashboard}: ${title} lies over ${other}`);
        taken.set(cell, title);
      }
    }
  }

  expect(wrong).toEqual([]);
});

function cellsOf(x: number, y: number, w: number, h: number): readonly string[] {
  return Array.from({ length: w * h }, (_, index) => `${x + (index % w)} ${y + Math.floor(index / w)}`);
}

test('every dashboard leads to every other one and carries the choices and the time along', () => {
  for (const { uid, links = [], templating } of built) {
    const others = DASHBOARDS.filter((one) => one.uid !== uid);
    expect(new Set(links.map(({ url }) => url))).toEqual(new Set(others.map((one) => `/d/${one.uid}`)));
    expect(links).toHaveLength(others.length);
    for (const { includeVars, keepTime } of links) expect({ includeVars, keepTime }).toEqual({ includeVars: true, keepTime: true });
    expect(templating?.list?.[0]).toMatchObject({ name: 'datasource', type: 'datasource' });
  }
});

test('a query uses no variable that its dashboard does not offer', () => {
  for (const { title, variables, rows } of DASHBOARDS) {
    for (const { expr } of rows.flatMap(({ panels }) => panels.flatMap(({ queries }) => queries))) {
      for (const [, name] of expr.matchAll(/\$([a-z]+)/g))
        expect({ title, expr, offered: variables.some((one) => one === name) }).toMatchObject({ offered: true });
    }
  }
});
