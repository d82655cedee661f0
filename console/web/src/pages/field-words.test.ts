import { expect, test } from '@jest/globals';
import i18next from 'i18next';
import { en } from '../i18n/en/index.ts';
import { zhCN } from '../i18n/zh-CN/index.ts';
import { fieldWords } from './field-words.ts';

const RULE = { code: 'rule', detail: 'fewer than 4 validators' };

test('a rule is told by its English sentence on an English page alone', async () => {
  const resources = { en: { translation: en }, 'zh-CN': { translation: zhCN } };
  await i18next.init({ lng: 'en', keySeparator: false, nsSeparator: false, resources });
  expect(fieldWords(RULE, 'en')).toBe('fewer than 4 validators');
  expect(fieldWords({ code: 'rule', detail: '' }, 'en')).toBe(en['problem.field.rule']);
  expect(fieldWords({ code: 'tooLong', detail: 'maxLength' }, 'en')).toBe(en['problem.field.tooLong']);
  await i18next.changeLanguage('zh-CN');
  expect(fieldWords(RULE, 'zh-CN')).toBe(zhCN['problem.field.rule']);
});
