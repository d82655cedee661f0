import type { ReactNode } from 'react';
import { ApiProblem, Disconnected, SessionEnded } from '../api/problem.ts';
import { useWords } from '../i18n/index.ts';
import { Notice } from '../ui/notice.tsx';
import { problemWords } from '../ui/states.tsx';

/** Why a change was not made; nothing when there is no reason. Fields' own problems stand at the fields. */
export function ChangeFailed({ error }: { readonly error: Error | null }): ReactNode {
  const { t } = useWords();
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
          {problem.errors.map(({ field, code, detail }) => (
            <li key={`${field} ${code} ${detail}`}>
              <code lang="en">{field}</code> {fieldWords(code, detail)}
            </li>
          ))}
        </ul>
      )}
      <details>
        <summary>{t('ui.details')}</summary>
        <code lang="en" className="civitas-code">
          {problem.code}: {problem.detail}
        </code>
      </details>
    </Notice>
  );
}

/** The words for what is wrong with a field. */
export function fieldWords(code: string, detail: string): string {
  const words = problemWords(`field.${code}`, detail);
  return code === 'rule' ? detail : words;
}

/** The words for what is wrong with one field, undefined when nothing is. */
export function problemOfField(error: Error | null, field: string): string | undefined {
  if (!(error instanceof ApiProblem)) return undefined;
  const found = error.errors.find((one) => one.field === field || one.field.startsWith(`${field}.`));
  return found === undefined ? undefined : fieldWords(found.code, found.detail);
}
