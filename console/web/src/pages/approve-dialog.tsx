import { base64urlEncode } from '@civitas/canon';
import { browserCrypto } from '@civitas/canon/browser';
import type { Approval, PreparedApproval, Proposal } from '@civitas/console-contract';
import { useIsMutating, useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useApi } from '../api/api-context.ts';
import { leavePage } from '../api/changes.ts';
import { StepUpNeeded } from '../api/problem.ts';
import { useMe, useNetwork } from '../api/queries.ts';
import { troubleOf } from '../api/trouble.ts';
import { findApproverKey } from '../auth/approver-key.ts';
import { type Translate, useWords } from '../i18n/index.ts';
import { bytesToSign } from '../proofs/approval.ts';
import { CodeView } from '../ui/code-view.tsx';
import { ConfirmDialog } from '../ui/confirm-dialog.tsx';
import { Facts } from '../ui/facts.tsx';
import { ChoiceField, TextField } from '../ui/fields.tsx';
import { Notice } from '../ui/notice.tsx';
import { TroubleState } from '../ui/states.tsx';
import { useToast } from '../ui/toasts.tsx';
import { useActingAgency } from './agency-switch.tsx';
import { approvingAgency } from './approving-agency.ts';
import { ChangeFailed } from './change-failed.tsx';
import { placeOf } from './proposal-place.ts';
import { useDraft } from './use-draft.ts';
import { wordOf } from './words-of.ts';

/** Why nothing was signed. */
class NotSigned extends Error {
  readonly why: 'keyMissing' | 'foreign';

  constructor(why: 'keyMissing' | 'foreign') {
    super(why);
    this.why = why;
  }
}

/** What is done, in words. */
export function approvalDescription(t: Translate, { kind, subject, network }: Proposal): string {
  return t('inbox.approveWhat', { what: wordOf('proposal', kind), subject, network });
}

const APPROVING = ['approve'];

/** Whether an approval of the person's own is on its way. */
export const useIsApproving = (): boolean => useIsMutating({ mutationKey: APPROVING }) > 0;

const FIRST = { agency: '', reason: '' };

interface ApproveDialogProps {
  readonly proposal: Proposal;
  readonly onClose: () => void;
}

/** Shows what would change; the approval is signed here with the person's own key, and needs a second factor. */
export function ApproveDialog({ proposal, onClose }: ApproveDialogProps): ReactNode {
  const { t, language } = useWords();
  const me = useMe().data;
  const mine = (me?.organizations ?? []).filter(({ agency, roles }) => proposal.mayApprove.includes(agency) && roles.includes('owner'));
  // Kept over the second factor: what is approved then is what was chosen before.
  const [draft, change, forget] = useDraft(`approve.${placeOf(proposal)}`, FIRST);
  const acting = useActingAgency();
  const names = mine.map(({ agency }) => agency);
  const chosen = approvingAgency({ mine: names, chosen: draft.agency, acting });
  const network = useNetwork(proposal.network);
  const chainId = network.data?.chainId ?? '';
  const close = (): void => {
    forget();
    onClose();
  };
  const approve = useApproval(proposal, chainId, close);
  return (
    <ConfirmDialog
      title={approvalDescription(t, proposal)}
      confirm={t('inbox.approve')}
      isBusy={approve.isPending}
      canConfirm={names.includes(chosen) && chainId !== ''}
      onConfirm={() => {
        change({ agency: chosen });
        approve.mutate({ agency: chosen, reason: draft.reason });
      }}
      onCancel={close}
    >
      <WhyNot error={approve.error} />
      {network.data === undefined && network.error !== null && (
        <TroubleState trouble={troubleOf(network.error)} onRetry={() => void network.refetch()} />
      )}
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
        choices={[
          ...mine.map((one) => ({ value: one.agency, label: language === 'en' ? one.displayName.en : one.displayName.zh })),
          ...(names.includes(chosen) ? [] : [{ value: chosen, label: chosen }]),
        ]}
        onChange={(agency) => change({ agency })}
      />
      <TextField
        label={t('inbox.reason')}
        hint={t('inbox.reasonHint')}
        value={draft.reason}
        onChange={(reason) => change({ reason })}
        maxLength={512}
        rows={2}
      />
      <p>{t('inbox.comeBack')}</p>
    </ConfirmDialog>
  );
}

interface ApprovalWish {
  readonly agency: string;
  readonly reason: string;
}

/** Has the approval prepared, checks that it is this one, signs it, and hands it in. */
function useApproval(proposal: Proposal, chainId: string, onDone: () => void) {
  const { client, session } = useApi();
  const { t, language } = useWords();
  const toast = useToast();
  const queries = useQueryClient();
  const description = approvalDescription(t, proposal);
  const path = `/networks/${encodeURIComponent(proposal.network)}/proposals/${encodeURIComponent(proposal.id)}`;
  return useMutation({
    mutationKey: APPROVING,
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
        return await leavePage();
      }
    },
    onSuccess: ({ status }) => {
      if (status === 'failed') toast({ tone: 'bad', title: t('inbox.changeFailed', { what: description }) });
      else toast({ tone: 'good', title: t('resumed.done', { what: description }) });
      onDone();
    },
    onSettled: (_approval, error) => {
      const reading = queries.invalidateQueries();
      // Why it failed is said at once: where the server is away, reading takes long.
      return error === null ? reading : undefined;
    },
  });
}

function WhyNot({ error }: { readonly error: Error | null }): ReactNode {
  const { t } = useWords();
  if (!(error instanceof NotSigned)) return <ChangeFailed error={error} />;
  if (error.why === 'foreign') return <Notice tone="bad" title={t('inbox.foreign')} isLive />;
  return <Notice tone="warning" title={t('inbox.keyMissing')} isLive actions={<Link to="/key">{t('inbox.toKey')}</Link>} />;
}
