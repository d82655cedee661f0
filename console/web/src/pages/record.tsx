import { Link, useParams, useSearch } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useFoundRecord } from '../api/queries.ts';
import { useWords } from '../i18n/index.ts';
import { CodeView } from '../ui/code-view.tsx';
import { Facts } from '../ui/facts.tsx';
import { PageView } from '../ui/page-view.tsx';
import { Section } from '../ui/section.tsx';
import { Empty } from '../ui/states.tsx';
import { QueryView } from './query-view.tsx';
import { RecordProof } from './record-proof.tsx';

/** One record of a ledger as it is now, and its proof as the browser checks it. */
export function RecordPage(): ReactNode {
  const { network } = useParams({ from: '/explorer/$network/record' });
  const { key } = useSearch({ from: '/explorer/$network/record' });
  const { t } = useWords();
  const title = t('explorer.kind.record');
  const explorer = (
    <Link to="/explorer" search={{ network }}>
      {t('explorer.title')}
    </Link>
  );
  return (
    <PageView title={title} lead={<code lang="en">{key}</code>} crumbs={[{ label: t('explorer.title'), link: explorer }, { label: title }]}>
      <QueryView query={useFoundRecord(network, key)}>
        {(record) =>
          record === null ? (
            <Empty title={t('ui.notFound.title')}>{t('ui.notFound.body')}</Empty>
          ) : (
            <>
              <Section title={t('network.facts')}>
                <Facts
                  facts={[
                    [t('explorer.network'), network],
                    [
                      t('record.header'),
                      <Link key="header" to="/explorer/$network/blocks/$height" params={{ network, height: String(record.headerHeight) }}>
                        {record.headerHeight}
                      </Link>,
                    ],
                  ]}
                />
              </Section>
              <Section title={t('proof.title')}>
                <RecordProof record={record} />
              </Section>
              <Section title={t('case.record')}>
                <CodeView label={t('case.record')} text={JSON.stringify(record.value, null, 2)} />
              </Section>
            </>
          )
        }
      </QueryView>
    </PageView>
  );
}
