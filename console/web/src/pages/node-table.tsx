import type { NetworkNode } from '@civitas/console-contract';
import type { ReactNode } from 'react';
import { formatNumber } from '../i18n/format.ts';
import { useWords } from '../i18n/index.ts';
import { type Column, DataTable } from '../ui/data-table.tsx';
import { Empty } from '../ui/states.tsx';
import { StatusLabel } from '../ui/status-label.tsx';
import { AgoText } from '../ui/time-text.tsx';
import { PhaseLabel } from './phase-label.tsx';
import { wordOf } from './words-of.ts';

/** Nodes of a network: what each does, how far it is, until when its certificate holds. */
export function NodeTable({ nodes }: { readonly nodes: readonly NetworkNode[] }): ReactNode {
  const { t, language } = useWords();
  if (nodes.length === 0) return <Empty title={t('nodes.empty')} />;
  const columns: readonly Column<NetworkNode>[] = [
    { key: 'name', title: t('nodes.name'), names: true, cell: ({ name }) => name },
    { key: 'role', title: t('nodes.role'), cell: ({ role }) => wordOf('nodeRole', role) },
    { key: 'agency', title: t('agencies.agency'), cell: ({ agency }) => agency ?? '–' },
    {
      key: 'phase',
      title: t('networks.phase'),
      cell: ({ phase, fenced }) => (fenced ? <StatusLabel tone="bad">{t('nodes.fenced')}</StatusLabel> : <PhaseLabel phase={phase} />),
    },
    { key: 'height', title: t('networks.height'), cell: ({ height }) => (height === undefined ? '–' : formatNumber(language, height)) },
    { key: 'signing', title: t('nodes.signing'), cell: ({ signing }) => (signing === undefined ? '–' : t(signing ? 'ui.yes' : 'ui.no')) },
    {
      key: 'certificate',
      title: t('nodes.certificate'),
      cell: ({ certNotAfter }) => (certNotAfter === undefined ? '–' : <AgoText at={certNotAfter} />),
    },
    {
      key: 'storage',
      title: t('nodes.storage'),
      cell: ({ dataUsedPercent }) => (dataUsedPercent === undefined ? '–' : `${dataUsedPercent} %`),
    },
  ];
  return <DataTable label={t('network.nodes')} columns={columns} rows={nodes} keyOf={({ name }) => name} />;
}
