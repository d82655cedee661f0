import type { Difference } from '@civitas/console-contract';
import type { ReactNode } from 'react';
import { useWords } from '../i18n/index.ts';
import { DataTable } from '../ui/data-table.tsx';

interface DifferenceTableProps {
  readonly label: string;
  readonly differences: readonly Difference[];
  /** Headings of the two values. */
  readonly before: string;
  readonly after: string;
}

/** What a change would do to a resource, field by field; nothing where it would do nothing. */
export function DifferenceTable({ label, differences, before, after }: DifferenceTableProps): ReactNode {
  const { t } = useWords();
  const show = (value: unknown): ReactNode => (value === undefined ? '–' : <code lang="en">{JSON.stringify(value)}</code>);
  if (differences.length === 0) return null;
  return (
    <DataTable
      label={label}
      rows={differences}
      keyOf={({ path }) => path}
      columns={[
        { key: 'path', title: t('newNetwork.field'), names: true, cell: ({ path }) => <code lang="en">{path}</code> },
        { key: 'before', title: before, cell: (one) => show(one.before) },
        { key: 'after', title: after, cell: (one) => show(one.after) },
      ]}
    />
  );
}
