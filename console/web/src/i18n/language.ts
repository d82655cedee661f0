export const LANGUAGES = ['zh-CN', 'en'] as const;
export type Language = (typeof LANGUAGES)[number];

/** Each language in its own words. */
export const LANGUAGE_NAMES: Readonly<Record<Language, string>> = { 'zh-CN': '中文', en: 'English' };

const KEY = 'civitas.language';

/** What the person chose, else the first of the browser's languages that there is, else Chinese. */
export function chooseLanguage(kept: string | null, wanted: readonly string[]): Language {
  const chosen = LANGUAGES.find((language) => language === kept);
  if (chosen !== undefined) return chosen;
  for (const tag of wanted) {
    const base = tag.toLowerCase().split('-')[0];
    if (base === 'zh') return 'zh-CN';
    if (base === 'en') return 'en';
  }
  return 'zh-CN';
}

export function currentLanguage(): Language {
  return chooseLanguage(localStorage.getItem(KEY), navigator.languages);
}

export function keepLanguage(language: Language): void {
  localStorage.setItem(KEY, language);
}
