import { expect, test } from '@jest/globals';
import { openLogger, REDACTED_FIELDS, redacted, redactText, sentenceLogOf } from './index.ts';
import { LOG_TEXT_CHARS_MAX } from './limits.ts';

const PERSONAL_TEXTS = [
  '110101199003074477',
  '11010119900307447X',
  '13800138000',
  '+86 13800138000',
  'wang.fang@example.org',
  'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.c2lnbmF0dXJl',
  'Bearer abc.def.ghi',
  '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg\n-----END PRIVATE KEY-----',
];

test('no personal field passes, at whatever depth it is planted', () => {
  for (const field of REDACTED_FIELDS) {
    for (const depth of [0, 1, 2, 3, 4, 5]) {
      let planted: unknown = { [field]: 'CANARY' };
      for (let level = 0; level < depth; level++) planted = level % 2 === 0 ? { inner: planted } : [planted];
      expect(JSON.stringify(redacted(planted))).not.toContain('CANARY');
    }
  }
});

test('what is personal in a text is censored wherever the text stands', () => {
  for (const text of PERSONAL_TEXTS) {
    const lines: string[] = [];
    const log = openLogger({}, 'info', (line) => lines.push(line));
    log.error('ledger-fault', { message: `it says ${text}, twice: ${text}`, deep: [{ why: new Error(text) }] });
    sentenceLogOf(log).warn({ error: new Error(`of ${text}`) }, `a sentence with ${text}`);
    expect(lines.join('')).not.toContain(text.split('\n')[1] ?? text);
  }
});

test('hashes, heights, times and chain ids stay readable', () => {
  const text = 'block 812 at 1795266676123 of jincheng-health-1 is 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08';
  expect(redactText(text)).toBe(text);
});

test('a field that is too long, too deep or too large is bounded', () => {
  const deep = { a: { b: { c: { d: { e: { f: { g: 1 } } } } } } };
  expect(JSON.stringify(redacted(deep))).toContain('[deep]');
  expect(String(redacted('x'.repeat(LOG_TEXT_CHARS_MAX * 2)))).toHaveLength(LOG_TEXT_CHARS_MAX);
  expect(redacted(new Uint8Array(32))).toBe('[32 bytes]');
  expect(redacted(Array.from({ length: 1000 }, () => 1))).toHaveLength(64);
});
