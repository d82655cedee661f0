import { EN, type MessageKey } from './messages/en.ts';
import { ZH_CN } from './messages/zh-cn.ts';

export const LANGUAGES = ['zh-CN', 'en'] as const;
export type Language = (typeof LANGUAGES)[number];

/** Says a message in a language, its `{name}`s filled in. */
export type Say = (key: MessageKey, values?: Readonly<Record<string, string | number>>) => string;

const MESSAGES: Readonly<Record<Language, Readonly<Record<MessageKey, string>>>> = { 'zh-CN': ZH_CN, en: EN };

export function sayIn(language: Language): Say {
  return (key, values = {}) => MESSAGES[language][key].replaceAll(/\{(\w+)\}/g, (_all, name: string) => String(values[name] ?? ''));
}

/** The first language of the wishes that there is; Chinese without any. Each wish is a tag, a list of tags, or an Accept-Language. */
export function languageOf(wishes: readonly (string | undefined)[]): Language {
  const tags = wishes.flatMap((wish) => (wish ?? '').slice(0, 200).split(/[\s,]+/)).map((tag) => tag.split(';')[0]?.toLowerCase() ?? '');
  for (const tag of tags) {
    if (tag === 'zh' || tag.startsWith('zh-')) return 'zh-CN';
    if (tag === 'en' || tag.startsWith('en-')) return 'en';
  }
  return 'zh-CN';
}

export function otherLanguage(language: Language): Language {
  return language === 'en' ? 'zh-CN' : 'en';
}
