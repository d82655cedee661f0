import type { CaseLine } from '@civitas/console-contract';
import { Link } from '@tanstack/react-router';
import { useWords } from '../i18n/index.ts';
import type { Column } from '../ui/data-table.tsx';
import { wordOf } from './words-of.ts';

/** What every table of cases begins with: the number, which leads to the case, and its kind. */
export function useCaseColumns(): readonly Column<Pick<CaseLine, 'network' | 'id' | 'kind'>>[] {
  const { t } = useWords();
  return [
    {
      key: 'id',
      title: t('cases.number'),
      names: true,
      cell: ({ network, id }) => (
        <Link to="/cases/$network/$id" params={{ network, id }}>
          <code lang="en">{id}</code>
        </Link>
      ),
    },
    { key: 'kind', title: t('cases.kind'), cell: ({ kind }) => wordOf('caseKind', kind) },
  ];
}
