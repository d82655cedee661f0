import type { Network } from '@civitas/console-contract';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useMe, useNetworks } from '../api/queries.ts';
import { formatNumber } from '../i18n/format.ts';
import { useWords } from '../i18n/index.ts';
import { type Column, DataTable } from '../ui/data-table.tsx';
import { PageView } from '../ui/page-view.tsx';
import { Empty } from '../ui/states.tsx';
import { useActingAgency } from './agency-switch.tsx';
import { networksOf } from './of-agency.ts';
import { PhaseLabel } from './phase-label.tsx';
import { QueryView } from './query-view.tsx';
import { wordOf } from './words-of.ts';

export function NetworksPage(): ReactNode {
  const { t } = useWords();
  const { query, onMore } = useNetworks();
  const acting = useActingAgency();
  const isAdmin = useMe().data?.isPlatformAdmin === true;
  const create = isAdmin ? (
    <Link to="/networks/new" className="pf-v6-c-button pf-m-primary">
      {t('networks.create')}
    </Link>
  ) : undefined;
  return (
    <PageView title={t('networks.title')} lead={t('networks.lead')} actions={create}>
      <QueryView query={query}>
        {(networks) =>
          networks.length === 0 ? (
            <Empty title={t('networks.empty')}>{t('networks.emptyBody')}</Empty>
          ) : (
            <NetworkTable networks={networksOf(acting, networks)} onMore={onMore} />
          )
        }
      </QueryView>
    </PageView>
  );
}

export function NetworkTable({
  networks,
  onMore,
}: {
  readonly networks: readonly Network[];
  readonly onMore?: (() => void) | undefined;
}): ReactNode {
  const { t, language } = useWords();
  const columns: readonly Column<Network>[] = [
    {
      key: 'name',
      title: t('networks.name'),
      names: true,
      cell: ({ name }) => (
        <Link to="/networks/$name" params={{ name }}>
          {name}
        </Link>
      ),
    },
    { key: 'domain', title: t('networks.domain'), cell: ({ domain }) => wordOf('domain', domain) },
    { key: 'phase', title: t('networks.phase'), cell: ({ phase }) => <PhaseLabel phase={phase} /> },
    { key: 'validators', title: t('networks.validators'), cell: ({ validators }) => validatorsInShort(validators) },
    {
      key: 'spare',
      title: t('networks.spare'),
      cell: ({ validators }) => (validators === undefined ? '–' : formatNumber(language, validators.spareFaults)),
    },
    { key: 'height', title: t('networks.height'), cell: ({ height }) => (height === undefined ? '–' : formatNumber(language, height)) },
    { key: 'engine', title: t('networks.engine'), cell: ({ engine }) => (engine === undefined ? '–' : wordOf('engine', engine)) },
  ];
  return <DataTable label={t('networks.title')} columns={columns} rows={networks} keyOf={({ name }) => name} onMore={onMore} />;
}

function validatorsInShort(validators: Network['validators']): string {
  return validators === undefined ? '–' : `${validators.ready}/${validators.inSet}`;
}
