import { Button } from '@patternfly/react-core';
import type { ReactNode } from 'react';
import { useWords } from '../i18n/index.ts';
import { type Cell, csvOf } from './csv.ts';
import { saveAs } from './save-as.ts';

interface CsvButtonProps<Row> {
  /** What is saved, for who does not see where the button stands. */
  readonly label: string;
  /** Without its ending. */
  readonly fileName: string;
  readonly rows: readonly Row[];
  /** Names of the columns, for machines the same in every language, with what each holds. */
  readonly columns: Readonly<Record<string, (row: Row) => Cell>>;
}

/** Saves the rows that are shown as CSV; not there where there are none. */
export function CsvButton<Row>({ label, fileName, rows, columns }: CsvButtonProps<Row>): ReactNode {
  const { t } = useWords();
  if (rows.length === 0) return null;
  const save = (): void => {
    const cells = rows.map((row) => Object.values(columns).map((cell) => cell(row)));
    saveAs(new Blob([csvOf(Object.keys(columns), cells)], { type: 'text/csv;charset=utf-8' }), `${fileName}.csv`);
  };
  return (
    <Button variant="link" isInline onClick={save} aria-label={`${t('explorer.csv')}: ${label}`}>
      {t('explorer.csv')}
    </Button>
  );
}
