import type { Link as LedgerLink } from '@civitas/console-contract';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useLinks, useNetworks } from '../api/queries.ts';
import { formatDuration, formatNumber } from '../i18n/format.ts';
import { useWords } from '../i18n/index.ts';
import { type Column, DataTable } from '../ui/data-table.tsx';
import { PageView } from '../ui/page-view.tsx';
import { Empty } from '../ui/states.tsx';
import { useActingAgency } from './agency-switch.tsx';
import { linksOf } from './of-agency.ts';
import { PhaseLabel } from './phase-label.tsx';
import { QueryView } from './query-view.tsx';

export function LinksPage(): ReactNode {
  const { t } = useWords();
  const { query, onMore } = useLinks();
  const { query: networks } = useNetworks();
  const acting = useActingAgency();
  return (
    <PageView title={t('links.title')} lead={t('links.lead')} actions={<Link to="/map">{t('nav.map')}</Link>}>
      <QueryView query={query}>
        {(links) => {
          const shown = linksOf(acting, links, networks.data ?? []);
          return shown.length === 0 ? (
            <Empty title={t('links.empty')}>{t('links.emptyBody')}</Empty>
          ) : (
            <LinkTable links={shown} onMore={onMore} />
          );
        }}
      </QueryView>
    </PageView>
  );
}

export function LinkTable({
  links,
  onMore,
}: {
  readonly links: readonly LedgerLink[];
  readonly onMore?: (() => void) | undefined;
}): ReactNode {
  const { t, language } = useWords();
  const count = (value: number | undefined): string => (value === undefined ? '–' : formatNumber(language, value));
  const columns: readonly Column<LedgerLink>[] = [
    {
      key: 'name',
      title: t('links.name'),
      names: true,
      cell: ({ name }) => (
        <Link to="/links/$name" params={{ name }}>
          {name}
        </Link>
      ),
    },
    { key: 'ends', title: t('links.ends'), cell: ({ from, to }) => `${from} ↔ ${to}` },
    { key: 'phase', title: t('networks.phase'), cell: ({ phase }) => <PhaseLabel phase={phase} /> },
    { key: 'sent', title: t('links.lastSequence'), cell: ({ lastSequence }) => count(lastSequence) },
    { key: 'flight', title: t('links.inFlight'), cell: ({ inFlight }) => count(inFlight) },
    {
      key: 'oldest',
      title: t('links.oldest'),
      cell: ({ oldestPendingAgeMs, inFlight }) =>
        oldestPendingAgeMs === undefined || inFlight === 0 ? '–' : formatDuration(language, oldestPendingAgeMs),
    },
  ];
  return <DataTable label={t('links.title')} columns={columns} rows={links} keyOf={({ name }) => name} onMore={onMore} />;
}
