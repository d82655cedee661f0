import { Button } from '@patternfly/react-core';
import type { ReactNode } from 'react';
import { useWords } from '../i18n/index.ts';

interface SubmitButtonProps {
  /** Whether what was typed in can be sent. */
  readonly isReady: boolean;
  readonly isBusy: boolean;
  readonly children: ReactNode;
}

/** Sends a form; while it is being sent it cannot be sent again. */
export function SubmitButton({ isReady, isBusy, children }: SubmitButtonProps): ReactNode {
  const { t } = useWords();
  return (
    <div className="civitas-actions">
      <Button type="submit" variant="primary" isDisabled={!isReady || isBusy} isLoading={isBusy} spinnerAriaLabel={t('ui.loading')}>
        {children}
      </Button>
    </div>
  );
}
