import type { ReactNode } from 'react';
import { ApiProblem, Disconnected, SessionEnded } from '../api/problem.ts';
import { useWords } from '../i18n/index.ts';
import { currentLanguage } from '../i18n/language.ts';
import { Notice } from '../ui/notice.tsx';
import { problemWords } from '../ui/states.tsx';
import { fieldWords } from './field-words.ts';

/** Why a change was not made; nothing when there is no reason. Fields' own problems stand at the fields. */
export function ChangeFailed({ error }: { readonly error: Error | null }): ReactNode {
  const { t, language } = useWords();
  if (error === null || error instanceof SessionEnded) return null;
  if (error instanceof Disconnected) {
    return (
      <Notice tone="bad" title={t('ui.disconnected.title')} isLive>
        {t('change.unknown')}
      </Notice>
    );
  }
  const problem = error instanceof ApiProblem ? error : new ApiProblem(0, 'UNEXPECTED', error.message, []);
  return (
    <Notice tone="bad" title={problemWords(problem.code, problem.detail)} isLive>
      {problem.errors.length > 0 && (
        <ul>
          {problem.errors.map((wrong) => (
            <li key={`${wrong.field} ${wrong.code} ${wrong.detail}`}>
              <code lang="en">{wrong.field}</code> {fieldWords(wrong, language)}
            </li>
          ))}
        </ul>
      )}
      <details>
        <summary>{t('ui.details')}</summary>
        <code lang="en" className="civitas-code">
          {[`${problem.code}: ${problem.detail}`, ...problem.errors.map(({ field, detail }) => `${field}: ${detail}`)].join('\n')}
        </code>
      </details>
    </Notice>
  );
}

/** The words for what is wrong with one field, undefined when nothing is. */
export function problemOfField(error: Error | null, field: string): string | undefined {
  if (!(error instanceof ApiProblem)) return undefined;
  const found = error.errors.find((one) => one.field === field || one.field.startsWith(`${field}.`));
  return found === undefined ? undefined : fieldWords(found, currentLanguage());
}
