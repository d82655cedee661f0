import type { Condition } from '@civitas/console-contract';
import type { ReactNode } from 'react';
import { useWords } from '../i18n/index.ts';
import { DataTable } from '../ui/data-table.tsx';
import { Empty } from '../ui/states.tsx';
import { StatusLabel } from '../ui/status-label.tsx';
import { AgoText } from '../ui/time-text.tsx';
import { toneOfCondition } from './tones.ts';
import { sentenceOf, wordOf } from './words-of.ts';

/** What the operator says of an object, in plain words. */
export function Conditions({ conditions }: { readonly conditions: readonly Condition[] }): ReactNode {
  const { t, language } = useWords();
  if (conditions.length === 0) return <Empty title={t('conditions.none')} />;
  return (
    <DataTable
      label={t('conditions.title')}
      rows={conditions}
      keyOf={({ type }) => type}
      columns={[
        { key: 'type', title: t('conditions.type'), names: true, cell: ({ type }) => wordOf('condition', type) },
        {
          key: 'status',
          title: t('conditions.status'),
          cell: (condition) => <StatusLabel tone={toneOfCondition(condition)}>{t(`conditions.status.${condition.status}`)}</StatusLabel>,
        },
        {
          key: 'why',
          title: t('conditions.why'),
          cell: (condition) => (
            <>
              {sentenceOf(condition, language)} <code lang="en">{condition.reason}</code>
            </>
          ),
        },
        { key: 'since', title: t('conditions.since'), cell: ({ lastTransitionTime }) => <AgoText at={lastTransitionTime} /> },
      ]}
    />
  );
}
