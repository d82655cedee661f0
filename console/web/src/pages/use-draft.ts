import { useCallback, useEffect, useState } from 'react';
import { draftOver, dropDraft, keepDraft } from '../auth/drafts.ts';

/**
 * State of a form that survives a sign-in and a reload of the tab.
 *
 * @param form Name of the form.
 * @param first Its first values.
 * @returns The draft, how to change some of it, and how to forget it.
 */
export function useDraft<Draft extends object>(form: string, first: Draft): readonly [Draft, (change: Partial<Draft>) => void, () => void] {
  const [draft, setDraft] = useState(() => draftOver(sessionStorage, form, first));
  const [isForgotten, setForgotten] = useState(false);
  useEffect(() => {
    if (isForgotten) dropDraft(sessionStorage, form);
    else keepDraft(sessionStorage, form, draft);
  }, [form, draft, isForgotten]);
  const change = useCallback((some: Partial<Draft>) => setDraft((before) => ({ ...before, ...some })), []);
  const forget = useCallback(() => {
    dropDraft(sessionStorage, form);
    setForgotten(true);
  }, [form]);
  return [draft, change, forget];
}
