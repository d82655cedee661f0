import type { ConsoleConfig } from '@civitas/console-contract';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { ApiContext } from './api/api-context.ts';
import { type ApiClient, isWorthRetrying } from './api/client.ts';
import type { Session } from './auth/session.ts';
import { ConfigContext } from './pages/config-context.ts';
import { Landing } from './pages/landing.tsx';
import { router } from './routes.tsx';
import { ToastArea } from './ui/toasts.tsx';

const RETRIES_MAX = 2;
/** Changes come by the event stream; this is for what it does not tell of. */
const STALE_MS = 10_000;

const queries = new QueryClient({
  defaultOptions: {
    queries: { staleTime: STALE_MS, retry: (count, error) => count < RETRIES_MAX && isWorthRetrying(error), networkMode: 'always' },
    // A change is sent again only by the person: the first one may have arrived.
    mutations: { retry: false, networkMode: 'always' },
  },
});

interface AppProps {
  readonly config: ConsoleConfig;
  /** Undefined while the identity provider has not said yet who it is. */
  readonly signedIn?: { readonly session: Session; readonly client: ApiClient };
}

export function App({ config, signedIn }: AppProps): ReactNode {
  return (
    <ConfigContext value={config}>
      {signedIn?.session.isSignedIn === true ? (
        <ApiContext value={signedIn}>
          <QueryClientProvider client={queries}>
            <ToastArea>
              <RouterProvider router={router} />
            </ToastArea>
          </QueryClientProvider>
        </ApiContext>
      ) : (
        <Landing session={signedIn?.session} />
      )}
    </ConfigContext>
  );
}
