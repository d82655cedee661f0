import type { Operation } from '@civitas/console-contract';
import { Link, useParams } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useBlock } from '../api/queries.ts';
import { useWords } from '../i18n/index.ts';
import { type Column, DataTable } from '../ui/data-table.tsx';
import { Facts } from '../ui/facts.tsx';
import { PageView } from '../ui/page-view.tsx';
import { Section } from '../ui/section.tsx';
import { Empty } from '../ui/states.tsx';
import { TimeText } from '../ui/time-text.tsx';
import type { Cell } from './csv.ts';
import { CsvButton } from './csv-button.tsx';
import { QueryView } from './query-view.tsx';
import { wordOf } from './words-of.ts';

export function BlockPage(): ReactNode {
  const { network, height } = useParams({ from: '/explorer/$network/blocks/$height' });
  const { t } = useWords();
  const title = t('block.title', { network, height });
  return (
    <PageView
      title={title}
      crumbs={[
        {
          label: t('explorer.title'),
          link: (
            <Link to="/explorer" search={{ network }}>
              {t('explorer.title')}
            </Link>
          ),
        },
        { label: title },
      ]}
    >
      <QueryView query={useBlock(network, height)}>
        {(block) => (
          <>
            <Section title={t('network.facts')}>
              <Facts
                facts={[
                  [t('network.blockTime'), <TimeText key="time" at={block.timeUnixMs} />],
                  [
                    t('explorer.hash'),
                    <code key="hash" lang="en">
                      {block.hash}
                    </code>,
                  ],
                  [
                    t('block.appHash'),
                    <code key="app" lang="en">
                      {block.appHash}
                    </code>,
                  ],
                  [t('block.size'), t('block.bytes', { bytes: block.blockBytes })],
                ]}
              />
            </Section>
            <Section
              title={t('explorer.operations')}
              actions={
                <CsvButton
                  label={t('explorer.operations')}
                  fileName={`${network}-block-${height}-operations`}
                  rows={block.operations}
                  columns={OPERATION_COLUMNS}
                />
              }
            >
              {block.operations.length === 0 ? (
                <Empty title={t('block.noOperations')} />
              ) : (
                <OperationTable network={network} operations={block.operations} />
              )}
            </Section>
          </>
        )}
      </QueryView>
    </PageView>
  );
}

const OPERATION_COLUMNS: Readonly<Record<string, (operation: Operation) => Cell>> = {
  network: ({ network }) => network,
  height: ({ height }) => height,
  hash: ({ hash }) => hash,
  organisation: ({ organisation }) => organisation,
  role: ({ role }) => role,
  actor: ({ actor }) => actor,
  contract: ({ contract }) => contract,
  method: ({ method }) => method,
  arguments: ({ args }) => JSON.stringify(args),
};

function OperationTable({ network, operations }: { readonly network: string; readonly operations: readonly Operation[] }): ReactNode {
  const { t } = useWords();
  const columns: readonly Column<Operation>[] = [
    {
      key: 'hash',
      title: t('explorer.hash'),
      names: true,
      cell: ({ hash }) => (
        <Link to="/explorer/$network/operations/$hash" params={{ network, hash }}>
          <code lang="en">{hash.slice(0, 16)}…</code>
        </Link>
      ),
    },
    { key: 'organisation', title: t('agencies.agency'), cell: ({ organisation }) => wordOf('organisation', organisation) },
    { key: 'method', title: t('operation.method'), cell: ({ contract, method }) => <code lang="en">{`${contract} ${method}`}</code> },
  ];
  return <DataTable label={t('explorer.operations')} columns={columns} rows={operations} keyOf={({ hash }) => hash} />;
}
