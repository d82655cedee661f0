import '@patternfly/react-core/dist/styles/base.css';
import './ui/base.css';
import type { ConsoleConfig } from '@civitas/console-contract';
import { createRoot } from 'react-dom/client';
import { API_PREFIX, createApiClient } from './api/client.ts';
import { App } from './app.tsx';
import { openSession } from './auth/session.ts';
import { mayBeSignedIn } from './auth/visits.ts';
import { startLanguage } from './i18n/index.ts';
import { StartFailed } from './pages/start-failed.tsx';
import { preloadPage } from './routes.tsx';
import { startTheme } from './theme.ts';

async function fetchConfig(): Promise<ConsoleConfig> {
  const response = await fetch(`${API_PREFIX}/config`, { cache: 'no-store' });
  if (!response.ok) throw new Error(`${API_PREFIX}/config answered ${response.status}`);
  return (await response.json()) as ConsoleConfig;
}

async function start(): Promise<void> {
  const element = document.getElementById('root');
  if (element === null) throw new Error('the page has no #root');
  const root = createRoot(element);
  startTheme();
  // Configuration, words and the page's code do not wait for each other.
  const asked = fetchConfig();
  asked.catch(() => undefined);
  preloadPage(location.pathname);
  const language = await startLanguage();
  try {
    const config = await asked;
    if (!mayBeSignedIn(localStorage, location.hash)) root.render(<App config={config} />);
    const { url, realm, clientId } = config.identity;
    const session = await openSession({ url: url === '' ? location.origin : url, realm, clientId }, language);
    const client = createApiClient(() => session.fetchToken());
    root.render(<App config={config} signedIn={{ session, client }} />);
  } catch (error) {
    root.render(<StartFailed detail={error instanceof Error ? error.message : String(error)} />);
  }
}

void start();
