import type { ErrorComponentProps } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useWords } from '../i18n/index.ts';
import { PageView } from '../ui/page-view.tsx';
import { TroubleState } from '../ui/states.tsx';

/** A page that failed to show, such as when its code could not be loaded after the console was upgraded. */
export function PageFailed({ error }: ErrorComponentProps): ReactNode {
  const { t } = useWords();
  return (
    <PageView title={t('ui.failed.title')}>
      <TroubleState
        trouble={{ kind: 'failed', code: 'PAGE_FAILED', detail: error instanceof Error ? error.message : String(error) }}
        onRetry={() => location.reload()}
      />
    </PageView>
  );
}
