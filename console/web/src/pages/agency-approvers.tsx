import type { Agency } from '@civitas/console-contract';
import { Button } from '@patternfly/react-core';
import { type ReactNode, useState } from 'react';
import { useChange } from '../api/changes.ts';
import { useWords } from '../i18n/index.ts';
import { ConfirmDialog } from '../ui/confirm-dialog.tsx';
import { DataTable } from '../ui/data-table.tsx';
import { TextField } from '../ui/fields.tsx';
import { Notice } from '../ui/notice.tsx';
import { Section } from '../ui/section.tsx';
import { Empty } from '../ui/states.tsx';
import { useToast } from '../ui/toasts.tsx';
import { isName } from './agency-draft.ts';
import { ChangeFailed, problemOfField } from './change-failed.tsx';
import { useDraft } from './use-draft.ts';

interface AgencyApproversProps {
  readonly agency: Agency;
  readonly mayChange: boolean;
}

/** Persons whose keys approve for an agency, by the names of the keys: with them the networks are born that it founds. */
export function AgencyApprovers({ agency, mayChange }: AgencyApproversProps): ReactNode {
  const { t } = useWords();
  const [isAsking, setAsking] = useState(false);
  const [removed, setRemoved] = useState('');
  const add = (
    <Button variant="secondary" size="sm" onClick={() => setAsking(true)}>
      {t('agency.nameApprover')}
    </Button>
  );
  return (
    <Section title={t('agency.approvers')} actions={mayChange ? add : undefined}>
      {agency.approvers.length === 0 ? (
        <Empty title={t('agency.noApprovers')}>{t('agency.noApproversBody')}</Empty>
      ) : (
        <>
          <p>{t('agency.approversBody')}</p>
          <DataTable
            label={t('agency.approvers')}
            rows={agency.approvers}
            keyOf={({ name }) => name}
            columns={[
              { key: 'name', title: t('agency.approverName'), names: true, cell: ({ name }) => <code lang="en">{name}</code> },
              {
                key: 'key',
                title: t('agency.approverKey'),
                cell: ({ publicKey }) => (
                  <code lang="en" className="civitas-code">
                    {publicKey}
                  </code>
                ),
              },
              ...(mayChange
                ? [
                    {
                      key: 'remove',
                      title: t('inbox.action'),
                      cell: ({ name }: Approver) => (
                        <Button
                          variant="link"
                          isDanger
                          isInline
                          onClick={() => setRemoved(name)}
                          aria-label={t('agency.removeApproverIt', { approver: name })}
                        >
                          {t('agency.removeApprover')}
                        </Button>
                      ),
                    },
                  ]
                : []),
            ]}
          />
        </>
      )}
      {removed !== '' && <RemoveApprover agency={agency} approver={removed} onClose={() => setRemoved('')} />}
      {isAsking && <ApproverDialog agency={agency.name} onClose={() => setAsking(false)} />}
    </Section>
  );
}

type Approver = Agency['approvers'][number];

interface RemoveApproverProps {
  readonly agency: Agency;
  readonly approver: string;
  readonly onClose: () => void;
}

function RemoveApprover({ agency: { name: agency, approvers, approvalPolicy }, approver, onClose }: RemoveApproverProps): ReactNode {
  const { t } = useWords();
  const toast = useToast();
  const remove = useChange([['agencies'], ['agency', agency], ['networks'], ['network']]);
  const description = t('agency.removeApproverWhat', { approver, agency });
  const isNeeded = approvalPolicy === 'manual' && approvers.length === 1;
  const done = (): void => {
    toast({ tone: 'good', title: t('resumed.done', { what: description }) });
    onClose();
  };
  const path = `/agencies/${encodeURIComponent(agency)}/approvers/${encodeURIComponent(approver)}`;
  return (
    <ConfirmDialog
      title={t('agency.removeApproverIt', { approver })}
      confirm={t('agency.removeApprover')}
      isDanger
      isBusy={remove.isPending}
      canConfirm={!isNeeded}
      onConfirm={() => remove.mutate({ method: 'DELETE', path, description }, { onSuccess: done })}
      onCancel={onClose}
    >
      <ChangeFailed error={remove.error} />
      {isNeeded && <Notice tone="warning" title={t('agency.lastApprover')} />}
      <p>{t('agency.removeApproverBody')}</p>
      <p>{t('stepUp.note')}</p>
    </ConfirmDialog>
  );
}

function ApproverDialog({ agency, onClose }: { readonly agency: string; readonly onClose: () => void }): ReactNode {
  const { t } = useWords();
  const [{ approver, publicKey }, change, forget] = useDraft(`approver-${agency}`, { approver: '', publicKey: '' });
  const toast = useToast();
  const put = useChange([['agencies'], ['agency', agency]]);
  const description = t('agency.nameApproverWhat', { approver, agency });
  const close = (): void => {
    forget();
    onClose();
  };
  return (
    <ConfirmDialog
      title={t('agency.nameApprover')}
      confirm={t('agency.nameApprover')}
      isBusy={put.isPending}
      canConfirm={isName(approver) && publicKey.length === 43}
      onConfirm={() =>
        put.mutate(
          {
            method: 'PUT',
            path: `/agencies/${encodeURIComponent(agency)}/approvers/${encodeURIComponent(approver)}`,
            body: { publicKey },
            description,
          },
          {
            onSuccess: () => {
              close();
              toast({ tone: 'good', title: t('resumed.done', { what: description }) });
            },
          },
        )
      }
      onCancel={close}
    >
      <ChangeFailed error={put.error} />
      <TextField
        label={t('agency.approverName')}
        hint={t('agency.approverNameHint')}
        value={approver}
        onChange={(next) => change({ approver: next.trim() })}
        isRequired
        maxLength={63}
        problem={approver !== '' && !isName(approver) ? t('newAgency.nameForm') : undefined}
      />
      <TextField
        label={t('agency.approverKey')}
        hint={t('agency.approverKeyHint')}
        value={publicKey}
        onChange={(next) => change({ publicKey: next.trim() })}
        isRequired
        maxLength={64}
        problem={problemOfField(put.error, 'publicKey')}
      />
      <p>{t('stepUp.note')}</p>
    </ConfirmDialog>
  );
}
