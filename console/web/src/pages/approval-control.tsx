import type { ChangedApprovalPolicy } from '@civitas/console-contract';
import { Button } from '@patternfly/react-core';
import { type ReactNode, useState } from 'react';
import { useChange } from '../api/changes.ts';
import { useWords } from '../i18n/index.ts';
import { ConfirmDialog } from '../ui/confirm-dialog.tsx';
import { ChoiceField } from '../ui/fields.tsx';
import { Notice } from '../ui/notice.tsx';
import { useToast } from '../ui/toasts.tsx';
import { ChangeFailed } from './change-failed.tsx';
import { DifferenceTable } from './difference-table.tsx';

type Policy = 'manual' | 'auto';

/** How an agency approves, as agencies and members of networks have it. */
interface Approval {
  readonly approvalPolicy: Policy;
  readonly approvers: number | readonly unknown[];
}

const keysOf = ({ approvers }: Approval): number => (typeof approvers === 'number' ? approvers : approvers.length);

/** Whether anybody approves in the name of an agency as far as its resource says. */
export function mayBeApproved(approval: Approval): boolean {
  return approval.approvalPolicy === 'auto' || keysOf(approval) > 0;
}

interface ApprovalControlProps {
  readonly agency: string;
  readonly approval: Approval;
  readonly mayChange: boolean;
}

/** Who approves for an agency, and for those who run the platform how to change it. */
export function ApprovalControl({ agency, approval, mayChange }: ApprovalControlProps): ReactNode {
  const { t } = useWords();
  const [isAsking, setAsking] = useState(false);
  const keys = approval.approvalPolicy === 'auto' ? '' : ` · ${t('approval.keys', { count: keysOf(approval) })}`;
  return (
    <span>
      {t(`agencies.approval.${approval.approvalPolicy}`)}
      {keys}{' '}
      {mayChange && (
        <Button variant="link" size="sm" isInline aria-label={t('approval.change', { agency })} onClick={() => setAsking(true)}>
          {t('approval.button')}
        </Button>
      )}
      {isAsking && <ApprovalDialog agency={agency} approval={approval} onClose={() => setAsking(false)} />}
    </span>
  );
}

function ApprovalDialog({
  agency,
  approval,
  onClose,
}: Omit<ApprovalControlProps, 'mayChange'> & { readonly onClose: () => void }): ReactNode {
  const { t } = useWords();
  const toast = useToast();
  const [policy, setPolicy] = useState<Policy>(approval.approvalPolicy);
  const dryRun = useChange<ChangedApprovalPolicy>([]);
  const put = useChange<ChangedApprovalPolicy>([['agencies'], ['agency', agency], ['networks'], ['network']]);
  const change = (approvalPolicy: Policy) => ({
    method: 'PUT' as const,
    body: { approvalPolicy },
    description: t(`approval.setWhat.${approvalPolicy}`, { agency }),
  });
  const path = `/agencies/${encodeURIComponent(agency)}/approval-policy`;
  const choose = (next: string): void => {
    const chosen = next === 'auto' ? 'auto' : 'manual';
    setPolicy(chosen);
    dryRun.mutate({ ...change(chosen), path: `${path}?dryRun=true` });
  };
  const confirm = (): void => {
    const what = change(policy);
    const done = (): void => {
      toast({ tone: 'good', title: t('resumed.done', { what: what.description }) });
      onClose();
    };
    put.mutate({ ...what, path }, { onSuccess: done });
  };
  const differences = dryRun.data?.differences ?? [];
  return (
    <ConfirmDialog
      title={t('approval.title', { agency })}
      confirm={t('approval.confirm')}
      isBusy={put.isPending || dryRun.isPending}
      canConfirm={differences.length > 0}
      onConfirm={confirm}
      onCancel={onClose}
    >
      <ChangeFailed error={put.error ?? dryRun.error} />
      <ChoiceField
        label={t('agencies.approval')}
        value={policy}
        choices={(['manual', 'auto'] as const).map((value) => ({ value, label: t(`agencies.approval.${value}`) }))}
        onChange={choose}
      />
      {policy === 'manual' && keysOf(approval) === 0 && <Notice tone="warning" title={t('approval.noKeys')} />}
      {dryRun.isSuccess && differences.length === 0 && <p>{t('approval.same')}</p>}
      <DifferenceTable
        label={t('approval.differences')}
        differences={differences}
        before={t('approval.before')}
        after={t('newNetwork.after')}
      />
      <p>{t('approval.body')}</p>
      <p>{t('stepUp.note')}</p>
    </ConfirmDialog>
  );
}
