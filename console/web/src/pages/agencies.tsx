import type { Agency } from '@civitas/console-contract';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useAgencies, useMe } from '../api/queries.ts';
import { useWords } from '../i18n/index.ts';
import { type Column, DataTable } from '../ui/data-table.tsx';
import { PageView } from '../ui/page-view.tsx';
import { Empty } from '../ui/states.tsx';
import { PhaseLabel } from './phase-label.tsx';
import { QueryView } from './query-view.tsx';

export function AgenciesPage(): ReactNode {
  const { t } = useWords();
  const { query, onMore } = useAgencies();
  const isAdmin = useMe().data?.isPlatformAdmin === true;
  const onboard = isAdmin ? (
    <Link to="/agencies/new" className="pf-v6-c-button pf-m-primary">
      {t('agencies.onboard')}
    </Link>
  ) : undefined;
  return (
    <PageView title={t('agencies.title')} lead={t('agencies.lead')} actions={onboard}>
      <QueryView query={query}>
        {(agencies) =>
          agencies.length === 0 ? (
            <Empty title={t('agencies.empty')}>{t('agencies.emptyBody')}</Empty>
          ) : (
            <AgencyTable agencies={agencies} onMore={onMore} />
          )
        }
      </QueryView>
    </PageView>
  );
}

function AgencyTable({ agencies, onMore }: { readonly agencies: readonly Agency[]; readonly onMore: (() => void) | undefined }): ReactNode {
  const { t, language } = useWords();
  const columns: readonly Column<Agency>[] = [
    {
      key: 'name',
      title: t('agencies.agency'),
      names: true,
      cell: ({ name, displayName }) => (
        <Link to="/agencies/$name" params={{ name }}>
          {language === 'en' ? displayName.en : displayName.zh}
        </Link>
      ),
    },
    { key: 'id', title: t('agencies.id'), cell: ({ name }) => <code lang="en">{name}</code> },
    { key: 'phase', title: t('networks.phase'), cell: ({ phase }) => <PhaseLabel phase={phase} /> },
    {
      key: 'networks',
      title: t('agencies.networks'),
      cell: ({ memberships }) => memberships.map(({ network }) => network).join(t('ui.comma')) || '–',
    },
    { key: 'approval', title: t('agencies.approval'), cell: ({ approvalPolicy }) => t(`agencies.approval.${approvalPolicy}`) },
  ];
  return <DataTable label={t('agencies.title')} columns={columns} rows={agencies} keyOf={({ name }) => name} onMore={onMore} />;
}
