import type { ReactNode } from 'react';
import { useWords } from '../i18n/index.ts';
import { StatusLabel } from '../ui/status-label.tsx';
import { toneOfPhase } from './tones.ts';
import { wordOf } from './words-of.ts';

/** The state of an object in one word. */
export function PhaseLabel({ phase }: { readonly phase: string }): ReactNode {
  const { t } = useWords();
  return <StatusLabel tone={toneOfPhase(phase)}>{phase === '' ? t('phase.none') : wordOf('phase', phase)}</StatusLabel>;
}
