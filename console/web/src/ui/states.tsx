import { Bullseye, Button, EmptyState, EmptyStateActions, EmptyStateBody, EmptyStateFooter, Spinner } from '@patternfly/react-core';
import type { ReactNode } from 'react';
import { findWords, useWords } from '../i18n/index.ts';

/** What a question to the server came to; says nothing of how it was asked. */
export type Trouble =
  | { readonly kind: 'disconnected' }
  | { readonly kind: 'forbidden'; readonly detail: string }
  | { readonly kind: 'notFound' }
  | { readonly kind: 'failed'; readonly code: string; readonly detail: string };

export function LoadingState(): ReactNode {
  const { t } = useWords();
  return (
    <Bullseye>
      <div role="status" aria-live="polite" className="civitas-actions">
        <Spinner size="lg" aria-label={t('ui.loading')} />
        <span>{t('ui.loading')}</span>
      </div>
    </Bullseye>
  );
}

interface EmptyProps {
  readonly title: string;
  readonly children?: ReactNode;
  readonly action?: ReactNode;
}

export function Empty({ title, children, action }: EmptyProps): ReactNode {
  return (
    <EmptyState titleText={title} headingLevel="h2" variant="sm">
      {children !== undefined && <EmptyStateBody>{children}</EmptyStateBody>}
      {action !== undefined && (
        <EmptyStateFooter>
          <EmptyStateActions>{action}</EmptyStateActions>
        </EmptyStateFooter>
      )}
    </EmptyState>
  );
}

/** What went wrong in plain words, and what to do. */
export function TroubleState({ trouble, onRetry }: { readonly trouble: Trouble; readonly onRetry?: (() => void) | undefined }): ReactNode {
  const { t } = useWords();
  const retry =
    onRetry === undefined ? undefined : (
      <Button variant="secondary" onClick={onRetry}>
        {t('ui.retry')}
      </Button>
    );
  return (
    <div role="alert">
      {trouble.kind === 'disconnected' && (
        <Empty title={t('ui.disconnected.title')} action={retry}>
          {t('ui.disconnected.body')}
        </Empty>
      )}
      {trouble.kind === 'forbidden' && (
        <Empty title={t('ui.forbidden.title')}>
          {t('ui.forbidden.body')} {trouble.detail}
        </Empty>
      )}
      {trouble.kind === 'notFound' && <Empty title={t('ui.notFound.title')}>{t('ui.notFound.body')}</Empty>}
      {trouble.kind === 'failed' && (
        <Empty title={t('ui.failed.title')} action={retry}>
          {problemWords(trouble.code, trouble.detail)} <code lang="en">{trouble.code}</code>
        </Empty>
      )}
    </div>
  );
}

/** The words for a code of the API; the server's own when the console has none for it. */
export function problemWords(code: string, detail: string): string {
  return findWords(`problem.${code}`) ?? detail;
}
