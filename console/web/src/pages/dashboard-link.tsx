import type { ReactNode } from 'react';
import { useWords } from '../i18n/index.ts';
import { useConfig } from './config-context.ts';

/** Leads to a network's dashboard, where the installation names a Grafana. */
export function DashboardLink({ chainId }: { readonly chainId: string }): ReactNode {
  const { t } = useWords();
  const { grafanaUrl } = useConfig();
  if (grafanaUrl === undefined) return null;
  return (
    <a href={`${grafanaUrl}/d/civitas-network?var-network=${encodeURIComponent(chainId)}`} target="_blank" rel="noreferrer">
      {t('status.dashboard')}
    </a>
  );
}
