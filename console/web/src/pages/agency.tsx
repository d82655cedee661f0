import type { Agency } from '@civitas/console-contract';
import { Button } from '@patternfly/react-core';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { useChange } from '../api/changes.ts';
import { useAgency, useMe } from '../api/queries.ts';
import { useWords } from '../i18n/index.ts';
import { ConfirmDialog } from '../ui/confirm-dialog.tsx';
import { DataTable } from '../ui/data-table.tsx';
import { Facts } from '../ui/facts.tsx';
import { PageView } from '../ui/page-view.tsx';
import { Section } from '../ui/section.tsx';
import { Empty } from '../ui/states.tsx';
import { TabView } from '../ui/tab-view.tsx';
import { AgencyApprovers } from './agency-approvers.tsx';
import { AgencyDownloads } from './agency-downloads.tsx';
import { AgencyPrograms } from './agency-programs.tsx';
import { ApprovalControl } from './approval-control.tsx';
import { ChangeFailed } from './change-failed.tsx';
import { Conditions } from './conditions.tsx';
import { AgencyMembers } from './members.tsx';
import { PhaseLabel } from './phase-label.tsx';
import { QueryView } from './query-view.tsx';
import { wordOf } from './words-of.ts';

export function AgencyPage(): ReactNode {
  const { name } = useParams({ from: '/agencies/$name' });
  const { tab } = useSearch({ from: '/agencies/$name' });
  const navigate = useNavigate({ from: '/agencies/$name' });
  const { t, language } = useWords();
  const query = useAgency(name);
  const displayName = query.data?.displayName;
  const title = displayName === undefined ? name : language === 'en' ? displayName.en : displayName.zh;
  return (
    <PageView
      title={title}
      crumbs={[{ label: t('agencies.title'), link: <Link to="/agencies">{t('agencies.title')}</Link> }, { label: title }]}
    >
      <QueryView query={query}>
        {(agency) => (
          <TabView
            label={t('agency.parts')}
            active={tab ?? 'overview'}
            onOpen={(next) => void navigate({ search: next === 'overview' ? {} : { tab: next }, replace: true })}
            tabs={[
              { key: 'overview', title: t('network.overview'), body: () => <Overview agency={agency} /> },
              { key: 'members', title: t('members.title'), body: () => <AgencyMembers agency={name} /> },
              { key: 'downloads', title: t('downloads.title'), body: () => <AgencyDownloads agency={name} /> },
            ]}
          />
        )}
      </QueryView>
    </PageView>
  );
}

function Overview({ agency }: { readonly agency: Agency }): ReactNode {
  const { t } = useWords();
  const isAdmin = useMe().data?.isPlatformAdmin === true;
  return (
    <>
      <Section title={t('network.facts')} actions={isAdmin ? <RemoveAgency agency={agency} /> : undefined}>
        <Facts
          facts={[
            [t('networks.phase'), <PhaseLabel key="phase" phase={agency.phase} />],
            [
              t('newAgency.zh'),
              <span key="zh" lang="zh-CN">
                {agency.displayName.zh}
              </span>,
            ],
            [
              t('newAgency.en'),
              <span key="en" lang="en">
                {agency.displayName.en}
              </span>,
            ],
            [t('agencies.id'), <code key="name">{agency.name}</code>],
            [t('agencies.approval'), <ApprovalControl key="approval" agency={agency.name} approval={agency} mayChange={isAdmin} />],
            [t('agency.namespace'), agency.namespace === undefined ? undefined : <code key="namespace">{agency.namespace}</code>],
            [t('agency.founder'), t(agency.founder ? 'ui.yes' : 'ui.no')],
          ]}
        />
      </Section>
      <Section title={t('agency.memberships')}>
        <Memberships agency={agency} />
      </Section>
      <AgencyApprovers agency={agency} mayChange={isAdmin} />
      <AgencyPrograms agency={agency} mayAdd={isAdmin} />
      <Section title={t('conditions.title')}>
        <Conditions conditions={agency.conditions} />
      </Section>
    </>
  );
}

function Memberships({ agency }: { readonly agency: Agency }): ReactNode {
  const { t } = useWords();
  if (agency.memberships.length === 0) return <Empty title={t('agency.noMemberships')} />;
  return (
    <DataTable
      label={t('agency.memberships')}
      rows={agency.memberships}
      keyOf={({ network }) => network}
      columns={[
        {
          key: 'network',
          title: t('networks.name'),
          names: true,
          cell: ({ network }) => (
            <Link to="/networks/$name" params={{ name: network }}>
              {network}
            </Link>
          ),
        },
        {
          key: 'roles',
          title: t('agency.ledgerRoles'),
          cell: ({ roles }) => ['member', ...roles].map((role) => wordOf('ledgerRole', role)).join(t('ui.comma')),
        },
        { key: 'state', title: t('networks.phase'), cell: ({ state }) => <PhaseLabel phase={state} /> },
        {
          key: 'waits',
          title: t('agency.waitsFor'),
          cell: ({ approvalsMissing }) =>
            approvalsMissing === undefined || approvalsMissing === 0 ? '–' : t('agency.approvalsMissing', { count: approvalsMissing }),
        },
        { key: 'height', title: t('agency.sinceHeight'), cell: ({ onLedgerHeight }) => onLedgerHeight ?? '–' },
      ]}
    />
  );
}

function RemoveAgency({ agency }: { readonly agency: Agency }): ReactNode {
  const { t } = useWords();
  const navigate = useNavigate();
  const [isAsking, setAsking] = useState(false);
  const remove = useChange([['agencies'], ['agency', agency.name]]);
  const description = t('agency.removeWhat', { name: agency.name });
  return (
    <>
      <Button variant="danger" size="sm" onClick={() => setAsking(true)}>
        {t('agency.remove')}
      </Button>
      {isAsking && (
        <ConfirmDialog
          title={description}
          confirm={t('agency.remove')}
          isDanger
          isBusy={remove.isPending}
          onCancel={() => setAsking(false)}
          onConfirm={() =>
            remove.mutate(
              { method: 'DELETE', path: `/agencies/${encodeURIComponent(agency.name)}`, description, returnTo: '/agencies' },
              { onSuccess: () => void navigate({ to: '/agencies' }) },
            )
          }
        >
          <ChangeFailed error={remove.error} />
          <p>{t('agency.removeBody')}</p>
          <p>{t('stepUp.note')}</p>
        </ConfirmDialog>
      )}
    </>
  );
}
