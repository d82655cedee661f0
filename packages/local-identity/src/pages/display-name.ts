import type { PageContext } from './layout.ts';

/** Name of an agency in the reader's language, as its Agency resource gives it; else its alias. */
export function displayNameOf(alias: string, attributes: Readonly<Record<string, readonly string[]>>, { language }: PageContext): string {
  return attributes[language === 'en' ? 'displayNameEn' : 'displayNameZh']?.[0] ?? alias;
}
