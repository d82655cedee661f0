import { useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useEffect } from 'react';
import { useApi } from '../api/api-context.ts';
import { ApiProblem } from '../api/problem.ts';
import { takePendingRequest } from '../auth/pending-request.ts';
import { useWords } from '../i18n/index.ts';
import { problemWords } from '../ui/states.tsx';
import { useToast } from '../ui/toasts.tsx';

/** Repeats, once, the request that waited for a second factor. */
export function ResumedRequest(): ReactNode {
  const { client, session } = useApi();
  const queries = useQueryClient();
  const toast = useToast();
  const { t } = useWords();
  useEffect(() => {
    const pending = takePendingRequest(sessionStorage, Date.now(), session.subject);
    if (pending === undefined) return;
    const { method, path, idempotencyKey, ifMatch, description } = pending;
    const body = pending.body === undefined ? undefined : (JSON.parse(pending.body) as object);
    client
      .send({ method, path, body, idempotencyKey, ifMatch })
      .then(() => toast({ tone: 'good', title: t('resumed.done', { what: description }) }))
      .catch((error: unknown) => {
        const why = error instanceof ApiProblem ? problemWords(error.code, error.detail) : t('ui.failed.title');
        toast({ tone: 'bad', title: t('resumed.failed', { what: description, why }) });
      })
      .finally(() => void queries.invalidateQueries());
  }, [client, queries, session, t, toast]);
  return null;
}
