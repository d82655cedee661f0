import { describe, expect, test } from '@jest/globals';
import { allEvents, CORRELATION_FIELDS, ERROR_FIELDS, eventCatalogues } from '../../packages/telemetry/src/index.ts';
import { findEventSites } from '../../tools/reference/event-sites.ts';

const sites = findEventSites();
const sentences = new Map(Object.entries(allEvents).flatMap(([name, { says }]) => (says === undefined ? [] : [[says, name] as const])));
// Written before there is a log, or by a name that is put together.
const WRITTEN_ELSEWHERE = new Set(['start-failed', 'runtime-report']);

describe('events of the logs', () => {
  test('are found where they are logged', () => {
    expect(sites.length).toBeGreaterThan(80);
  });

  test('are all in the vocabulary', () => {
    const unknown = sites.filter(({ text, kind }) => (kind === 'name' ? !Object.hasOwn(allEvents, text) : !sentences.has(text)));
    expect(unknown.map(({ text, file }) => `${text} (${file})`).sort()).toEqual([]);
  });

  test('are each logged somewhere', () => {
    const logged = new Set(sites.map(({ text, kind }) => (kind === 'name' ? text : (sentences.get(text) ?? ''))));
    expect(Object.keys(allEvents).filter((name) => !logged.has(name) && !WRITTEN_ELSEWHERE.has(name))).toEqual([]);
  });

  test('stand in exactly one catalogue, say what they mean in whole sentences and repeat no common field', () => {
    const names = Object.values(eventCatalogues).flatMap((events) => Object.keys(events));
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
    for (const [name, { meaning, fields }] of Object.entries(allEvents)) {
      expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/);
      expect(meaning).toMatch(/^[^a-z].*[.)]$/);
      expect(fields.filter((field) => Object.hasOwn(CORRELATION_FIELDS, field) || Object.hasOwn(ERROR_FIELDS, field))).toEqual([]);
    }
  });
});
