import i18next from 'i18next';
import { initReactI18next, useTranslation } from 'react-i18next';
import type { Messages } from './en/index.ts';
import { currentLanguage, keepLanguage, type Language } from './language.ts';

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'translation';
    resources: { translation: Messages };
    keySeparator: false;
    nsSeparator: false;
    returnNull: false;
  }
}

export type MessageKey = keyof Messages;
export type Translate = (key: MessageKey, facts?: Readonly<Record<string, string | number>>) => string;

/** Only the language in use is loaded. */
async function loadMessages(language: Language): Promise<Messages> {
  return language === 'en' ? (await import('./en/index.ts')).en : (await import('./zh-CN/index.ts')).zhCN;
}

export async function startLanguage(): Promise<Language> {
  const language = currentLanguage();
  await i18next.use(initReactI18next).init({
    lng: language,
    fallbackLng: false,
    keySeparator: false,
    nsSeparator: false,
    // React escapes what it renders.
    interpolation: { escapeValue: false },
    resources: { [language]: { translation: await loadMessages(language) } },
  });
  document.documentElement.lang = language;
  return language;
}

export async function switchLanguage(language: Language): Promise<void> {
  if (!i18next.hasResourceBundle(language, 'translation')) i18next.addResourceBundle(language, 'translation', await loadMessages(language));
  keepLanguage(language);
  await i18next.changeLanguage(language);
  document.documentElement.lang = language;
}

/** The words of the language in use. */
export function useWords(): { readonly t: Translate; readonly language: Language } {
  const { t, i18n } = useTranslation();
  const translate: Translate = (key, facts) => t(key, { ...facts });
  return { t: translate, language: i18n.language === 'en' ? 'en' : 'zh-CN' };
}

const isKey = (key: string): key is MessageKey => i18next.exists(key);

/** The words of a key that came over the wire, or undefined when there are none. */
export function findWords(key: string): string | undefined {
  return isKey(key) ? i18next.t(key) : undefined;
}
