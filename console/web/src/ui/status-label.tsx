import { Label } from '@patternfly/react-core';
import type { ReactNode } from 'react';

export type Tone = 'good' | 'warning' | 'bad' | 'working' | 'neutral';

const STATUS = { good: 'success', warning: 'warning', bad: 'danger', working: 'info', neutral: undefined } as const;

/** A state in one word; its colour is never the only sign. */
export function StatusLabel({ tone, children }: { readonly tone: Tone; readonly children: ReactNode }): ReactNode {
  const status = STATUS[tone];
  return (
    <Label isCompact variant="outline" {...(status === undefined ? { color: 'grey' } : { status })}>
      {children}
    </Label>
  );
}
