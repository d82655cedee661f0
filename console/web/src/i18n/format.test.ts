import { describe, expect, test } from '@jest/globals';
import { formatAgo, formatDuration, formatNumber, formatTime } from './format.ts';
import { chooseLanguage } from './language.ts';

const NOW = 1_800_000_000_000;

describe('numbers and times', () => {
  test.each([
    [NOW - 400, 'now', '现在'],
    [NOW - 5000, '5 seconds ago', '5秒钟前'],
    [NOW - 90_000, '1 minute ago', '1分钟前'],
    [NOW + 3 * 3_600_000, 'in 3 hours', '3小时后'],
    [NOW - 2 * 86_400_000, '2 days ago', '前天'],
  ])('%d is told in its largest unit', (at, english, chinese) => {
    expect(formatAgo('en', at, NOW)).toBe(english);
    expect(formatAgo('zh-CN', at, NOW)).toBe(chinese);
  });

  test('times are those of the city', () => {
    expect(formatTime('en', '2026-11-21T16:30:00Z')).toContain('Nov 22, 2026');
    expect(formatTime('zh-CN', '2026-11-21T16:30:00Z')).toContain('2026年11月22日');
  });

  test('durations and counts are in the language', () => {
    expect(formatDuration('en', 4200)).toBe('4 seconds');
    expect(formatDuration('en', 61_000)).toBe('1 minute');
    expect(formatDuration('zh-CN', 61_000)).toBe('1分钟');
    expect(formatNumber('en', 12_345)).toBe('12,345');
  });
});

describe('the language', () => {
  test.each([
    [null, ['en-GB', 'zh'], 'en'],
    [null, ['zh-TW'], 'zh-CN'],
    [null, ['fr', 'de'], 'zh-CN'],
    ['en', ['zh-CN'], 'en'],
    ['xx', ['en'], 'en'],
  ] as const)('kept %j, wanted %j: %s', (kept, wanted, expected) => {
    expect(chooseLanguage(kept, wanted)).toBe(expected);
  });
});
