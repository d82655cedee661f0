import { Alert } from '@patternfly/react-core';
import type { ReactNode } from 'react';
import { useWords } from '../i18n/index.ts';

interface NoticeProps {
  readonly tone: 'good' | 'info' | 'warning' | 'bad';
  readonly title: string;
  readonly children?: ReactNode;
  /** Read out as it appears. */
  readonly isLive?: boolean;
  readonly actions?: ReactNode;
}

const VARIANT = { good: 'success', info: 'info', warning: 'warning', bad: 'danger' } as const;

/** Something to know, in the page. */
export function Notice({ tone, title, children, isLive = false, actions }: NoticeProps): ReactNode {
  const { t } = useWords();
  return (
    <Alert
      isInline
      variant={VARIANT[tone]}
      variantLabel={t(`ui.tone.${tone}`)}
      title={title}
      isLiveRegion={isLive}
      component="p"
      actionLinks={actions}
    >
      {children}
    </Alert>
  );
}
