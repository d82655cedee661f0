import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { troubleOf } from '../api/trouble.ts';
import { LoadingState, TroubleState } from '../ui/states.tsx';

interface QueryViewProps<Value> {
  readonly query: Pick<UseQueryResult<Value>, 'data' | 'error' | 'refetch'>;
  readonly children: (value: Value) => ReactNode;
}

/** What a question came to: its answer as long as there is one, even while the server is away. */
export function QueryView<Value>({ query, children }: QueryViewProps<Value>): ReactNode {
  if (query.data !== undefined) return children(query.data);
  if (query.error !== null) return <TroubleState trouble={troubleOf(query.error)} onRetry={() => void query.refetch()} />;
  return <LoadingState />;
}
