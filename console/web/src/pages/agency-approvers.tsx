import type { Agency } from '@civitas/console-contract';
import { Button } from '@patternfly/react-core';
import { type ReactNode, useState } from 'react';
import { useChange } from '../api/changes.ts';
import { useWords } from '../i18n/index.ts';
import { ConfirmDialog } from '../ui/confirm-dialog.tsx';
import { DataTable } from '../ui/data-table.tsx';
import { TextField } from '../ui/fields.tsx';
import { Section } from '../ui/section.tsx';
import { Empty } from '../ui/states.tsx';
import { useToast } from '../ui/toasts.tsx';
import { isName } from './agency-draft.ts';
import { ChangeFailed, problemOfField } from './change-failed.tsx';
import { useDraft } from './use-draft.ts';

interface AgencyApproversProps {
  readonly agency: Agency;
  readonly mayAdd: boolean;
}

/** Persons whose keys approve for an agency, by the names of the keys: with them the networks are born that it founds. */
export function AgencyApprovers({ agency, mayAdd }: AgencyApproversProps): ReactNode {
  const { t } = useWords();
  const [isAsking, setAsking] = useState(false);
  const add = (
    <Button variant="secondary" size="sm" onClick={() => setAsking(true)}>
      {t('agency.nameApprover')}
    </Button>
  );
  return (
    <Section title={t('agency.approvers')} actions={mayAdd ? add : undefined}>
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
            ]}
          />
        </>
      )}
      {isAsking && <ApproverDialog agency={agency.name} onClose={() => setAsking(false)} />}
    </Section>
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
