import { base64urlEncode } from '@civitas/canon';
import { browserCrypto } from '@civitas/canon/browser';
import type { Approval, PreparedApproval, Proposal } from '@civitas/console-contract';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { useApi } from '../api/api-context.ts';
import { LEAVING } from '../api/changes.ts';
import { StepUpNeeded } from '../api/problem.ts';
import { useMe, useNetwork } from '../api/queries.ts';
import { findApproverKey } from '../auth/approver-key.ts';
import { useWords } from '../i18n/index.ts';
import { bytesToSign } from '../proofs/approval.ts';
import { CodeView } from '../ui/code-view.tsx';
import { ConfirmDialog } from '../ui/confirm-dialog.tsx';
import { Facts } from '../ui/facts.tsx';
import { ChoiceField, TextField } from '../ui/fields.tsx';
import { Notice } from '../ui/notice.tsx';
import { useToast } from '../ui/toasts.tsx';
import { useActingAgency } from './agency-switch.tsx';
import { ChangeFailed } from './change-failed.tsx';
import { placeOf } from './proposal-place.ts';
import { wordOf } from './words-of.ts';

/** Why nothing was signed. */
class NotSigned extends Error {
  readonly why: 'keyMissing' | 'foreign';

  constructor(why: 'keyMissing' | 'foreign') {
    super(why);
    this.why = why;
  }
}

interface ApproveDialogProps {
  readonly proposal: Proposal;
  readonly onClose: () => void;
}

/** Shows what would change; the approval is signed here with the person's own key, and needs a second factor. */
export function ApproveDialog({ proposal, onClose }: ApproveDialogProps): ReactNode {
  const { t, language } = useWords();
  const me = useMe().data;
  const mine = (me?.organizations ?? []).filter(({ agency, roles }) => proposal.mayApprove.includes(agency) && roles.includes('owner'));
  const [agency, setAgency] = useState('');
  const [reason, setReason] = useState('');
  const acting = useActingAgency();
  const first = mine.find((one) => one.agency === acting) ?? mine[0];
  const chosen = agency === '' ? (first?.agency ?? '') : agency;
  const description = t('inbox.approveWhat', {
    what: wordOf('proposal', proposal.kind),
    subject: proposal.subject,
    network: proposal.network,
  });
  const approve = useApproval(proposal, description, onClose);
  return (
    <ConfirmDialog
      title={description}
      confirm={t('inbox.approve')}
      isBusy={approve.isPending}
      canConfirm={chosen !== ''}
      onConfirm={() => approve.mutate({ agency: chosen, reason })}
      onCancel={onClose}
    >
      <WhyNot error={approve.error} />
      <Facts
        facts={[
          [t('inbox.proposer'), wordOf('organisation', proposal.proposer)],
          [t('inbox.progress'), t('inbox.approvals', { given: proposal.approvals.length, needed: proposal.approvalsNeeded })],
          [t('inbox.approved'), proposal.approvals.join(t('ui.comma'))],
          [t('inbox.missing'), proposal.mayApprove.join(t('ui.comma'))],
        ]}
      />
      <CodeView label={t('inbox.change')} text={JSON.stringify(proposal.change, null, 2)} />
      <ChoiceField
        label={t('inbox.inTheNameOf')}
        value={chosen}
        choices={mine.map((one) => ({ value: one.agency, label: language === 'en' ? one.displayName.en : one.displayName.zh }))}
        onChange={setAgency}
      />
      <TextField label={t('inbox.reason')} hint={t('inbox.reasonHint')} value={reason} onChange={setReason} maxLength={512} rows={2} />
      <p>{t('inbox.comeBack')}</p>
    </ConfirmDialog>
  );
}

interface ApprovalWish {
  readonly agency: string;
  readonly reason: string;
}

/** Has the approval prepared, checks that it is this one, signs it, and hands it in. */
function useApproval(proposal: Proposal, description: string, onClose: () => void) {
  const { client, session } = useApi();
  const { t, language } = useWords();
  const toast = useToast();
  const queries = useQueryClient();
  const chainId = useNetwork(proposal.network).data?.chainId ?? '';
  const path = `/networks/${encodeURIComponent(proposal.network)}/proposals/${encodeURIComponent(proposal.id)}`;
  return useMutation({
    mutationFn: async ({ agency, reason }: ApprovalWish): Promise<Approval> => {
      const key = await findApproverKey(session.subject ?? '');
      if (key === undefined) throw new NotSigned('keyMissing');
      try {
        const { value: prepared } = await client.send<PreparedApproval>({ method: 'POST', path: `${path}/prepare`, body: { agency } });
        const bytes = bytesToSign(browserCrypto.sha256, prepared, { chainId, agency, proposal: proposal.id });
        if (bytes === undefined) throw new NotSigned('foreign');
        const signature = base64urlEncode(await key.sign(bytes.slice()));
        const body = {
          agency,
          body: prepared.body,
          publicKey: base64urlEncode(key.publicKey),
          signature,
          ...(reason === '' ? {} : { reason }),
        };
        const { value } = await client.send<Approval>({
          method: 'POST',
          path: `${path}/approve`,
          body,
          idempotencyKey: crypto.randomUUID(),
        });
        return value;
      } catch (error) {
        if (!(error instanceof StepUpNeeded)) throw error;
        await session.stepUp({ locale: language, returnTo: `/inbox?open=${encodeURIComponent(placeOf(proposal))}` });
        return LEAVING;
      }
    },
    onSuccess: ({ status }) => {
      if (status === 'failed') toast({ tone: 'bad', title: t('inbox.changeFailed', { what: description }) });
      else toast({ tone: 'good', title: t('resumed.done', { what: description }) });
      onClose();
    },
    onSettled: () => queries.invalidateQueries(),
  });
}

function WhyNot({ error }: { readonly error: Error | null }): ReactNode {
  const { t } = useWords();
  if (!(error instanceof NotSigned)) return <ChangeFailed error={error} />;
  if (error.why === 'foreign') return <Notice tone="bad" title={t('inbox.foreign')} isLive />;
  return <Notice tone="warning" title={t('inbox.keyMissing')} isLive actions={<Link to="/key">{t('inbox.toKey')}</Link>} />;
}
