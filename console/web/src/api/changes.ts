import { type QueryKey, type UseMutationResult, useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { keepPendingRequest } from '../auth/pending-request.ts';
import { useWords } from '../i18n/index.ts';
import { useApi } from './api-context.ts';
import type { ApiRequest } from './client.ts';
import { StepUpNeeded } from './problem.ts';
import { WishKeys } from './wish-keys.ts';

/** Something to be changed. */
export interface ChangeRequest extends Omit<ApiRequest, 'method' | 'signal'> {
  readonly method: 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** What is done, in the person's language: shown when it is repeated after a second factor. */
  readonly description: string;
  /** Path of the console to come back to after a second factor; default the page that is open. */
  readonly returnTo?: string;
}

/** Never resolves: the page is being left. Brought back as it was left, by the browser's Back, it would wait for ever: it starts anew. */
export function leavePage(): Promise<never> {
  addEventListener('pageshow', ({ persisted }) => persisted && location.reload());
  return new Promise<never>(() => undefined);
}

/**
 * Sends changes. Where the API asks for a second factor the request is kept, the person signs in anew, and it is repeated
 * once they are back (see ResumedRequest).
 *
 * @param stale What has to be read again afterwards.
 */
export function useChange<Value = void>(stale: readonly QueryKey[]): UseMutationResult<Value, Error, ChangeRequest> {
  const { client, session } = useApi();
  const { language } = useWords();
  const queries = useQueryClient();
  const [keys] = useState(() => new WishKeys());
  return useMutation({
    mutationFn: async (change: ChangeRequest): Promise<Value> => {
      const { description, returnTo, ...request } = change;
      const idempotencyKey = request.idempotencyKey ?? keys.keyOf(request);
      try {
        const { value } = await client.send<Value>({ ...request, idempotencyKey });
        keys.ended(request);
        return value;
      } catch (error) {
        keys.ended(request, error);
        if (!(error instanceof StepUpNeeded) || session.subject === undefined) throw error;
        keepPendingRequest(sessionStorage, {
          method: request.method,
          path: request.path,
          body: request.body === undefined ? undefined : JSON.stringify(request.body),
          idempotencyKey,
          ifMatch: request.ifMatch,
          keptAtUnixMs: Date.now(),
          subject: session.subject,
          description,
        });
        await session.stepUp({ locale: language, ...(returnTo === undefined ? {} : { returnTo }) });
        return await leavePage();
      }
    },
    onSettled: async (_value, error) => {
      const reading = Promise.all(stale.map((queryKey) => queries.invalidateQueries({ queryKey })));
      // Why it failed is said at once: where the server is away, reading takes long.
      if (error === null) await reading;
    },
  });
}
