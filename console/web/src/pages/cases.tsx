import type { CaseLine } from '@civitas/console-contract';
import { Button, Form } from '@patternfly/react-core';
import { Link, useNavigate } from '@tanstack/react-router';
import { type FormEvent, type ReactNode, useState } from 'react';
import { useCases, useNetworks } from '../api/queries.ts';
import { useWords } from '../i18n/index.ts';
import { type Column, DataTable } from '../ui/data-table.tsx';
import { ChoiceField, TextField } from '../ui/fields.tsx';
import { PageView } from '../ui/page-view.tsx';
import { Section } from '../ui/section.tsx';
import { Empty } from '../ui/states.tsx';
import { TimeText } from '../ui/time-text.tsx';
import { useCaseColumns } from './case-columns.tsx';
import { QueryView } from './query-view.tsx';
import { WaitingCases } from './waiting-cases.tsx';

/** Domains whose ledgers have cases to follow. */
const DOMAINS: readonly string[] = ['transport', 'health', 'housing'];

/** Cases that were submitted here, and the way to any other. */
export function CasesPage(): ReactNode {
  const { t } = useWords();
  const { query, onMore } = useCases();
  const submit = (
    <Link to="/cases/new" className="pf-v6-c-button pf-m-primary">
      {t('cases.new')}
    </Link>
  );
  return (
    <PageView title={t('cases.title')} lead={t('cases.lead')} actions={submit}>
      <WaitingCases />
      <QueryView query={query}>
        {(cases) =>
          cases.length === 0 ? <Empty title={t('cases.empty')}>{t('cases.emptyBody')}</Empty> : <CaseTable cases={cases} onMore={onMore} />
        }
      </QueryView>
      <FindCase />
    </PageView>
  );
}

function CaseTable({ cases, onMore }: { readonly cases: readonly CaseLine[]; readonly onMore: (() => void) | undefined }): ReactNode {
  const { t } = useWords();
  const columns: readonly Column<CaseLine>[] = [
    ...useCaseColumns(),
    { key: 'network', title: t('explorer.network'), cell: ({ network }) => network },
    { key: 'agency', title: t('agencies.agency'), cell: ({ agency }) => agency },
    { key: 'by', title: t('cases.submittedBy'), cell: ({ submittedBy }) => <span lang="zh">{submittedBy}</span> },
    { key: 'at', title: t('cases.submittedAt'), cell: ({ submittedAt }) => <TimeText at={submittedAt} /> },
  ];
  return (
    <DataTable label={t('cases.title')} columns={columns} rows={cases} keyOf={({ network, id }) => `${network} ${id}`} onMore={onMore} />
  );
}

function FindCase(): ReactNode {
  const { t } = useWords();
  const navigate = useNavigate();
  const networks = (useNetworks().query.data ?? []).filter(({ domain }) => DOMAINS.includes(domain));
  const [chosen, setChosen] = useState('');
  const [id, setId] = useState('');
  if (networks.length === 0) return null;
  const network = chosen === '' ? (networks[0]?.name ?? '') : chosen;
  const open = (event: FormEvent): void => {
    event.preventDefault();
    if (id.trim() !== '') void navigate({ to: '/cases/$network/$id', params: { network, id: id.trim() } });
  };
  return (
    <Section title={t('cases.find')}>
      <Form className="civitas-form" onSubmit={open} noValidate>
        <ChoiceField
          label={t('cases.findLedger')}
          value={network}
          choices={networks.map(({ name }) => ({ value: name, label: name }))}
          onChange={setChosen}
        />
        <TextField label={t('cases.number')} value={id} onChange={setId} maxLength={22} />
        <div className="civitas-actions">
          <Button type="submit" variant="secondary" isDisabled={id.trim() === ''}>
            {t('cases.open')}
          </Button>
        </div>
      </Form>
    </Section>
  );
}
