import { Button } from '@patternfly/react-core';
import type { ReactNode } from 'react';
import { useWords } from '../i18n/index.ts';
import { Empty } from '../ui/states.tsx';

/** The console's server or the identity provider did not answer as the page opened. */
export function StartFailed({ detail }: { readonly detail: string }): ReactNode {
  const { t } = useWords();
  return (
    <main className="civitas-landing" role="alert">
      <Empty
        title={t('start.failed.title')}
        action={
          <Button variant="primary" onClick={() => location.reload()}>
            {t('ui.retry')}
          </Button>
        }
      >
        {t('start.failed.body')} <code lang="en">{detail}</code>
      </Empty>
    </main>
  );
}
