import { createContext, useContext } from 'react';
import type { Session } from '../auth/session.ts';
import type { ApiClient } from './client.ts';

export interface Api {
  readonly client: ApiClient;
  readonly session: Session;
}

export const ApiContext = createContext<Api | undefined>(undefined);

/** @throws Error outside of the signed-in part of the console: a bug. */
export function useApi(): Api {
  const api = useContext(ApiContext);
  if (api === undefined) throw new Error('useApi outside of ApiContext');
  return api;
}
