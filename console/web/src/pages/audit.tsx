import { browserCrypto } from '@civitas/canon/browser';
import type { AuditEntry } from '@civitas/console-contract';
import { type ReactNode, useMemo, useState } from 'react';
import { useAudit, useMe } from '../api/queries.ts';
import { useWords } from '../i18n/index.ts';
import { checkAuditChain } from '../proofs/audit-chain.ts';
import { type Column, DataTable } from '../ui/data-table.tsx';
import { ChoiceField } from '../ui/fields.tsx';
import { Notice } from '../ui/notice.tsx';
import { PageView } from '../ui/page-view.tsx';
import { Empty } from '../ui/states.tsx';
import { StatusLabel } from '../ui/status-label.tsx';
import { TimeText } from '../ui/time-text.tsx';
import { QueryView } from './query-view.tsx';
import { wordOf } from './words-of.ts';

/** Who changed what through the console. The chain of hashes is checked here, not by the server. */
export function AuditPage(): ReactNode {
  const { t, language } = useWords();
  const me = useMe().data;
  const [agency, setAgency] = useState('');
  const { query, onMore } = useAudit(agency);
  const choices = (me?.organizations ?? []).map((one) => ({
    value: one.agency,
    label: language === 'en' ? one.displayName.en : one.displayName.zh,
  }));
  return (
    <PageView title={t('audit.title')} lead={t('audit.lead')}>
      {choices.length > 0 && (
        <div className="civitas-form">
          <ChoiceField
            label={t('audit.agency')}
            value={agency}
            choices={[{ value: '', label: t('audit.all') }, ...choices]}
            onChange={setAgency}
          />
        </div>
      )}
      <QueryView query={query}>
        {(entries) =>
          entries.length === 0 ? (
            <Empty title={t('audit.empty')} />
          ) : (
            <>
              <Chain entries={entries} isWhole={agency === '' && me?.isPlatformAdmin === true} />
              <AuditTable entries={entries} onMore={onMore} />
            </>
          )
        }
      </QueryView>
    </PageView>
  );
}

function Chain({ entries, isWhole }: { readonly entries: readonly AuditEntry[]; readonly isWhole: boolean }): ReactNode {
  const { t } = useWords();
  const check = useMemo(() => checkAuditChain(browserCrypto, entries, isWhole), [entries, isWhole]);
  if (!check.ok) return <Notice tone="bad" title={t('audit.broken', { sequence: check.sequence })} isLive />;
  const key = !isWhole ? 'audit.hashesHold' : check.reachesBeginning ? 'audit.chainHolds' : 'audit.chainHoldsSoFar';
  return <Notice tone="good" title={t(key, { count: check.count })} />;
}

function AuditTable({
  entries,
  onMore,
}: {
  readonly entries: readonly AuditEntry[];
  readonly onMore: (() => void) | undefined;
}): ReactNode {
  const { t } = useWords();
  const tone = { asked: 'working', done: 'good', failed: 'bad' } as const;
  const columns: readonly Column<AuditEntry>[] = [
    { key: 'sequence', title: t('audit.sequence'), names: true, cell: ({ sequence }) => sequence },
    { key: 'at', title: t('audit.at'), cell: ({ at }) => <TimeText at={at} /> },
    { key: 'who', title: t('audit.who'), cell: ({ name }) => name },
    { key: 'agency', title: t('agencies.agency'), cell: ({ agency }) => (agency === '' ? t('home.platform') : agency) },
    { key: 'action', title: t('audit.action'), cell: ({ action }) => wordOf('action', action) },
    { key: 'resource', title: t('audit.resource'), cell: ({ resource }) => <code lang="en">{resource}</code> },
    {
      key: 'stage',
      title: t('networks.phase'),
      cell: ({ stage }) => <StatusLabel tone={tone[stage]}>{t(`audit.stage.${stage}`)}</StatusLabel>,
    },
    { key: 'hash', title: t('explorer.hash'), cell: ({ hash }) => <code lang="en">{hash.slice(0, 12)}…</code> },
  ];
  return <DataTable label={t('audit.title')} columns={columns} rows={entries} keyOf={({ sequence }) => String(sequence)} onMore={onMore} />;
}
