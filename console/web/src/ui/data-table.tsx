import { Button } from '@patternfly/react-core';
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table';
import type { ReactNode } from 'react';
import { useWords } from '../i18n/index.ts';

export interface Column<Row> {
  readonly key: string;
  readonly title: string;
  readonly cell: (row: Row) => ReactNode;
  /** The one that names the row to a screen reader. */
  readonly names?: boolean;
}

interface DataTableProps<Row> {
  /** Read out as the name of the table. */
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
  readonly onMore?: (() => void) | undefined;
  readonly isLoadingMore?: boolean;
}

/** A table that becomes a list of cards on narrow screens; more rows come by a button, never all at once. */
export function DataTable<Row>({ label, columns, rows, keyOf, onMore, isLoadingMore = false }: DataTableProps<Row>): ReactNode {
  const { t } = useWords();
  return (
    <>
      <Table aria-label={label} variant="compact" gridBreakPoint="grid-lg">
        <Thead>
          <Tr>
            {columns.map((column) => (
              <Th key={column.key} modifier="wrap">
                {column.title}
              </Th>
            ))}
          </Tr>
        </Thead>
        <Tbody>
          {rows.map((row) => (
            <Tr key={keyOf(row)}>
              {columns.map((column) => (
                <Td key={column.key} dataLabel={column.title} {...(column.names === true ? { component: 'th', scope: 'row' } : {})}>
                  {column.cell(row)}
                </Td>
              ))}
            </Tr>
          ))}
        </Tbody>
      </Table>
      {onMore !== undefined && (
        <div>
          <Button variant="link" onClick={onMore} isLoading={isLoadingMore} isDisabled={isLoadingMore} spinnerAriaLabel={t('ui.loading')}>
            {t('ui.more')}
          </Button>
        </div>
      )}
    </>
  );
}
