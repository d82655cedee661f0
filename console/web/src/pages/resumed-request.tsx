import { useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useEffect, useEffectEvent } from 'react';
import { useApi } from '../api/api-context.ts';
import { ApiProblem } from '../api/problem.ts';
import { type PendingRequest, takePendingRequest } from '../auth/pending-request.ts';
import { useWords } from '../i18n/index.ts';
import { problemWords } from '../ui/states.tsx';
import { useToast } from '../ui/toasts.tsx';
import { type Resumed, resume, sendPending } from './resumption.ts';

/** Repeats, once, the request that waited for a second factor, and says what became of it. */
export function ResumedRequest(): ReactNode {
  const { client, session } = useApi();
  const queries = useQueryClient();
  const tell = useTelling();
  const options = () => ({ client, store: sessionStorage, nowUnixMs: Date.now() });
  const follow = async (pending: PendingRequest, resuming: Promise<Resumed>): Promise<void> => {
    const resumed = await resuming;
    void queries.invalidateQueries();
    tell(pending, resumed, () => void follow(pending, sendPending({ ...pending, wasSent: true }, options())));
  };
  const start = useEffectEvent((): void => {
    const taken = takePendingRequest(sessionStorage, Date.now(), session.subject);
    if (taken !== undefined) void follow(taken.pending, resume(taken, options()));
  });
  useEffect(() => start(), []);
  return null;
}

/** Says what became of a request in the language in use. */
function useTelling(): (pending: PendingRequest, resumed: Resumed, retry: () => void) => void {
  const { session } = useApi();
  const toast = useToast();
  const { t, language } = useWords();
  return ({ description: what }, resumed, retry) => {
    const notDone = (why: string): void => toast({ tone: 'bad', title: t('resumed.failed', { what, why }) });
    if (resumed.kind === 'done') return toast({ tone: 'good', title: t('resumed.done', { what }) });
    if (resumed.kind === 'late') return notDone(t('resumed.late'));
    if (resumed.kind === 'stepUp') return void session.stepUp({ locale: language });
    if (resumed.kind === 'failed') {
      const { error } = resumed;
      return notDone(error instanceof ApiProblem ? problemWords(error.code, error.detail) : t('ui.failed.title'));
    }
    return toast({
      tone: 'bad',
      title: t('resumed.unknown', { what, why: t('change.unknown') }),
      ...(resumed.mayRetry ? { action: { label: t('ui.retry'), onPress: retry } } : {}),
    });
  };
}
