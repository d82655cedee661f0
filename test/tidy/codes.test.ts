import { describe, expect, test } from '@jest/globals';
import { catalogues } from '../../tools/reference/code-catalogues.ts';
import { findCodeSites, isProductSource } from '../../tools/reference/code-sites.ts';
import { listFiles } from '../../tools/reference/source-tree.ts';
import { capitalsIn, codesWithoutRule, codesWithoutTest, readRatchet } from './ratchet.ts';

const known = catalogues.flatMap(({ codes }) => Object.keys(codes));
const CODE_WORDS = /_/;
// Words in capitals that are no codes: environment, verdicts of `civitas verify`, kinds of misbehaviour.
const OTHER_WORDS = new Set([
  'CIVITAS_ENGINE_BINARY',
  'CIVITAS_HANDOVER_BINARY',
  'CIVITAS_HOME',
  'CIVITAS_ROOT',
  'KUBERNETES_SERVICE_HOST',
  'POD_IP',
  'POD_NAME',
  'POD_UID',
  'TIME_BACKWARDS',
  'TRUE_WHEN_CAPTURED',
  'TWO_HEADERS',
  'UNCHANGED_SINCE_DEPOSIT',
  'UPDATE_PASSWORD',
]);

describe('codes of refusals and faults', () => {
  test('stand in exactly one catalogue', () => {
    expect(known.filter((code, index) => known.indexOf(code) !== index)).toEqual([]);
  });

  test('say what they mean and what to do in whole sentences', () => {
    const texts = catalogues.flatMap(({ codes }) => Object.values(codes).flatMap(({ meaning, remedy }) => [meaning, remedy]));
    expect(texts.filter((text) => !/^[^a-z].*[.)]$/.test(text))).toEqual([]);
  });

  test('are all in a catalogue', () => {
    const spelled = listFiles()
      .filter(isProductSource)
      .flatMap((file) => capitalsIn(file).map((code) => ({ code, file })))
      .filter(({ code }) => CODE_WORDS.test(code));
    const unknown = [...findCodeSites(), ...spelled].filter(({ code }) => !known.includes(code) && !OTHER_WORDS.has(code));
    expect([...new Set(unknown.map(({ code, file }) => `${code} in ${file}`))].sort()).toEqual([]);
  });

  test('arise somewhere, except those that wait for a later rule of their domain', () => {
    expect(codesWithoutRule()).toEqual(readRatchet().codesWithoutRule);
  });

  test('are each provoked by a test, except those in the ratchet, which only shrinks', () => {
    expect(codesWithoutTest()).toEqual(readRatchet().codesWithoutTest);
  });
});
