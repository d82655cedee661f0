import type { InboxItem, Proposal } from '@civitas/console-contract';
import { Button } from '@patternfly/react-core';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { type ReactNode, useEffect, useState } from 'react';
import { useInbox, useNetworks } from '../api/queries.ts';
import { useWords } from '../i18n/index.ts';
import { Notice } from '../ui/notice.tsx';
import { PageView } from '../ui/page-view.tsx';
import { Empty } from '../ui/states.tsx';
import { useActingAgency } from './agency-switch.tsx';
import { ApproveDialog, approvalDescription, useIsApproving } from './approve-dialog.tsx';
import { InboxTable } from './inbox-table.tsx';
import { inboxOf } from './of-agency.ts';
import { openedProposal } from './opened-proposal.ts';
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
  const { opened, decided } = useOpened();
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
  return (
    <PageView title={t('inbox.title')} lead={t('inbox.lead')}>
      {decided !== '' && <Notice tone="info" title={t('inbox.decided', { what: decided })} isLive />}
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
      {opened !== undefined && <ApproveDialog key={placeOf(opened)} proposal={opened} onClose={() => void navigate({ search: {} })} />}
    </PageView>
  );
}

/** The proposal that the address says is open, and the name of one that stopped waiting while it was: the address names it no more then. */
function useOpened(): { readonly opened: Proposal | undefined; readonly decided: string } {
  const { t } = useWords();
  const query = useInbox();
  const { open } = useSearch({ from: '/inbox' });
  const navigate = useNavigate({ from: '/inbox' });
  const isApproving = useIsApproving();
  const [last, setLast] = useState<Proposal>();
  const [decided, setDecided] = useState('');
  const isNewest = query.isSuccess && !query.isFetching;
  const seen = openedProposal({ open, inbox: query.data, isNewest, last, isApproving });
  const opened = seen.kind === 'open' ? seen.proposal : undefined;
  const gone = seen.kind !== 'decided' ? '' : seen.last === undefined ? (open ?? '') : approvalDescription(t, seen.last);
  useEffect(() => {
    if (opened !== undefined) {
      setLast(opened);
      setDecided('');
    }
  }, [opened]);
  useEffect(() => {
    if (gone === '') return;
    setDecided(gone);
    void navigate({ search: {}, replace: true });
  }, [gone, navigate]);
  return { opened, decided };
}
