import type { Approval, InboxItem, Proposal } from '@civitas/console-contract';
import { Button } from '@patternfly/react-core';
import { type ReactNode, useState } from 'react';
import { useChange } from '../api/changes.ts';
import { useInbox, useMe } from '../api/queries.ts';
import { useWords } from '../i18n/index.ts';
import { CodeView } from '../ui/code-view.tsx';
import { ConfirmDialog } from '../ui/confirm-dialog.tsx';
import { Facts } from '../ui/facts.tsx';
import { ChoiceField, TextField } from '../ui/fields.tsx';
import { Notice } from '../ui/notice.tsx';
import { PageView } from '../ui/page-view.tsx';
import { Empty } from '../ui/states.tsx';
import { useToast } from '../ui/toasts.tsx';
import { ChangeFailed } from './change-failed.tsx';
import { InboxTable } from './inbox-table.tsx';
import { QueryView } from './query-view.tsx';
import { wordOf } from './words-of.ts';

export function InboxPage(): ReactNode {
  const { t } = useWords();
  const query = useInbox();
  const [open, setOpen] = useState<Proposal>();
  const actionOf = ({ actions, proposal }: InboxItem): ReactNode =>
    proposal !== undefined && actions.includes('approve') ? (
      <Button variant="secondary" size="sm" onClick={() => setOpen(proposal)} aria-label={`${t('inbox.review')}: ${proposal.subject}`}>
        {t('inbox.review')}
      </Button>
    ) : (
      '–'
    );
  return (
    <PageView title={t('inbox.title')} lead={t('inbox.lead')}>
      <QueryView query={query}>
        {({ items, unreachable }) => (
          <>
            {unreachable.length > 0 && (
              <Notice tone="warning" title={t('inbox.unreachable', { networks: unreachable.join(t('ui.comma')) })} />
            )}
            {items.length === 0 ? (
              <Empty title={t('inbox.empty')}>{t('inbox.emptyBody')}</Empty>
            ) : (
              <InboxTable items={items} actionOf={actionOf} />
            )}
          </>
        )}
      </QueryView>
      {open !== undefined && <ApproveDialog proposal={open} onClose={() => setOpen(undefined)} />}
    </PageView>
  );
}

/** Shows what would change and asks for the approval; needs a second factor. */
function ApproveDialog({ proposal, onClose }: { readonly proposal: Proposal; readonly onClose: () => void }): ReactNode {
  const { t, language } = useWords();
  const toast = useToast();
  const me = useMe().data;
  const mine = proposal.mayApprove.filter(
    (agency) => me?.isPlatformAdmin === true || me?.organizations.some((one) => one.agency === agency && one.roles.includes('owner')),
  );
  const [agency, setAgency] = useState(mine[0] ?? '');
  const [reason, setReason] = useState('');
  const approve = useChange<Approval>([['inbox'], ['network', proposal.network], ['agencies'], ['agency']]);
  const description = t('inbox.approveWhat', {
    what: wordOf('proposal', proposal.kind),
    subject: proposal.subject,
    network: proposal.network,
  });
  const send = (): void =>
    approve.mutate(
      {
        method: 'POST',
        path: `/networks/${encodeURIComponent(proposal.network)}/proposals/${encodeURIComponent(proposal.id)}/approve`,
        body: { agency, ...(reason === '' ? {} : { reason }) },
        description,
      },
      {
        onSuccess: () => {
          toast({ tone: 'good', title: t('resumed.done', { what: description }) });
          onClose();
        },
      },
    );
  return (
    <ConfirmDialog title={description} confirm={t('inbox.approve')} isBusy={approve.isPending} onConfirm={send} onCancel={onClose}>
      <ChangeFailed error={approve.error} />
      <Facts
        facts={[
          [t('inbox.proposer'), proposal.proposer],
          [t('inbox.progress'), t('inbox.approvals', { given: proposal.approvals.length, needed: proposal.approvalsNeeded })],
          [t('inbox.approved'), proposal.approvals.join(t('ui.comma'))],
          [t('inbox.missing'), proposal.mayApprove.join(t('ui.comma'))],
        ]}
      />
      <CodeView label={t('inbox.change')} text={JSON.stringify(proposal.change, null, 2)} />
      <ChoiceField
        label={t('inbox.inTheNameOf')}
        value={agency}
        choices={mine.map((name) => ({ value: name, label: nameOf(name) }))}
        onChange={setAgency}
      />
      <TextField label={t('inbox.reason')} hint={t('inbox.reasonHint')} value={reason} onChange={setReason} maxLength={512} rows={2} />
      <p>{t('stepUp.note')}</p>
    </ConfirmDialog>
  );

  function nameOf(name: string): string {
    const names = me?.organizations.find((one) => one.agency === name)?.displayName;
    return names === undefined ? name : language === 'en' ? names.en : names.zh;
  }
}
