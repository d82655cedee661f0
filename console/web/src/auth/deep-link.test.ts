import { describe, expect, test } from '@jest/globals';
import { isOwnPath, keepDeepLink, takeDeepLink } from './deep-link.ts';
import { memoryStore } from './testing/memory-store.ts';

describe('the page to come back to', () => {
  test.each(['/', '/networks/health?tab=nodes', '/agencies/%E6%9C%BA', '/explorer?q=a%20b'])('%s is a path of this origin', (path) => {
    expect(isOwnPath(path)).toBe(true);
  });

  test.each([
    '',
    'networks',
    '//evil.example',
    '/\\evil.example',
    '/a\\b',
    'https://evil.example/',
    '/a b',
    '/a\tb',
    '/a\nb',
    `/${'a'.repeat(2000)}`,
  ])('%j is none', (path) => {
    expect(isOwnPath(path)).toBe(false);
  });

  test('is given once', () => {
    const store = memoryStore();
    keepDeepLink(store, '/inbox');
    expect(takeDeepLink(store)).toBe('/inbox');
    expect(takeDeepLink(store)).toBeUndefined();
  });

  test('is checked again when it is taken, for anything of this origin may have written it', () => {
    const store = memoryStore();
    keepDeepLink(store, '//evil.example');
    expect(takeDeepLink(store)).toBeUndefined();
    store.setItem('civitas.deep-link', '//evil.example');
    expect(takeDeepLink(store)).toBeUndefined();
  });
});
