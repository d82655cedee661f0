import type { InboxItem } from '@civitas/console-contract';
import { Button } from '@patternfly/react-core';
import { useNavigate, useSearch } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useInbox, useNetworks } from '../api/queries.ts';
import { useWords } from '../i18n/index.ts';
import { Notice } from '../ui/notice.tsx';
import { PageView } from '../ui/page-view.tsx';
import { Empty } from '../ui/states.tsx';
import { useActingAgency } from './agency-switch.tsx';
import { ApproveDialog } from './approve-dialog.tsx';
import { InboxTable } from './inbox-table.tsx';
import { inboxOf } from './of-agency.ts';
import { placeOf } from './proposal-place.ts';
import { QueryView } from './query-view.tsx';
import { useOwnTurn, WaitingCases } from './waiting-cases.tsx';

/** Everything that waits for the person. The proposal that is open stands in the address, so that a sign-in leads back to it. */
export function InboxPage(): ReactNode {
  const { t } = useWords();
  const query = useInbox();
  const networks = useNetworks().query.data ?? [];
  const acting = useActingAgency();
  const { items: cases } = useOwnTurn();
  const { open } = useSearch({ from: '/inbox' });
  const navigate = useNavigate({ from: '/inbox' });
  const actionOf = ({ actions, proposal }: InboxItem): ReactNode =>
    proposal !== undefined && actions.includes('approve') ? (
      <Button
        variant="secondary"
        size="sm"
        onClick={() => void navigate({ search: { open: placeOf(proposal) } })}
        aria-label={`${t('inbox.review')}: ${proposal.subject}`}
      >
        {t('inbox.review')}
      </Button>
    ) : (
      '–'
    );
  const opened = query.data?.items.find(({ proposal }) => proposal !== undefined && placeOf(proposal) === open)?.proposal;
  return (
    <PageView title={t('inbox.title')} lead={t('inbox.lead')}>
      <WaitingCases />
      <QueryView query={query}>
        {({ items, unreachable }) => {
          const mine = inboxOf(acting, items, networks);
          return (
            <>
              {unreachable.length > 0 && (
                <Notice tone="warning" title={t('inbox.unreachable', { networks: unreachable.join(t('ui.comma')) })} />
              )}
              {mine.length === 0 && cases.length === 0 && <Empty title={t('inbox.empty')}>{t('inbox.emptyBody')}</Empty>}
              {mine.length > 0 && <InboxTable items={mine} actionOf={actionOf} />}
            </>
          );
        }}
      </QueryView>
      {opened !== undefined && <ApproveDialog proposal={opened} onClose={() => void navigate({ search: {} })} />}
    </PageView>
  );
}
