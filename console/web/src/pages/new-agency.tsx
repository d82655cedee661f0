import type { CreatedAgency, Network } from '@civitas/console-contract';
import { Link, useNavigate } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { useChange } from '../api/changes.ts';
import { useNetworks } from '../api/queries.ts';
import { useWords } from '../i18n/index.ts';
import { CodeView } from '../ui/code-view.tsx';
import { Facts } from '../ui/facts.tsx';
import { CheckField, ChoiceField, ChoicesField, TextField } from '../ui/fields.tsx';
import { PageView } from '../ui/page-view.tsx';
import { Steps } from '../ui/steps.tsx';
import { AgencyArrival } from './agency-arrival.tsx';
import {
  type AgencyDraft,
  agencyOf,
  FIRST_AGENCY_DRAFT,
  isName,
  isOwnerComplete,
  ownerInvitationOf,
  rolesIn,
  withRoles,
} from './agency-draft.ts';
import { ChangeFailed, problemOfField } from './change-failed.tsx';
import { ledgerRolesOf } from './ledger-roles.ts';
import { useDraft } from './use-draft.ts';
import { wordOf } from './words-of.ts';

interface StepProps {
  readonly draft: AgencyDraft;
  readonly change: (some: Partial<AgencyDraft>) => void;
  readonly error: Error | null;
}

/** Takes an agency in: who it is, where it takes part, who owns it, and a look at what would be. */
export function NewAgencyPage(): ReactNode {
  const { t } = useWords();
  const navigate = useNavigate();
  const [draft, change, forget] = useDraft('new-agency', FIRST_AGENCY_DRAFT);
  const [made, setMade] = useState<string>();
  const dryRun = useChange<CreatedAgency>([]);
  const create = useChange<CreatedAgency>([['agencies']]);
  const title = t('newAgency.title');
  const crumbs = [{ label: t('agencies.title'), link: <Link to="/agencies">{t('agencies.title')}</Link> }, { label: title }];
  if (made !== undefined) {
    return (
      <PageView title={title} crumbs={crumbs}>
        <AgencyArrival name={made} invitation={ownerInvitationOf(draft)} />
      </PageView>
    );
  }
  const body = agencyOf(draft);
  const look = (key: string): void => {
    if (key === 'review') dryRun.mutate({ method: 'POST', path: '/agencies?dryRun=true', body, description: title });
  };
  const finish = (): void =>
    create.mutate(
      { method: 'POST', path: '/agencies', body, description: t('newAgency.done', { name: draft.name }) },
      {
        onSuccess: () => {
          forget();
          setMade(draft.name);
        },
      },
    );
  const error = create.error ?? dryRun.error;
  const step = { draft, change, error };
  return (
    <PageView title={title} lead={t('newAgency.lead')} crumbs={crumbs}>
      <Steps
        label={title}
        finish={t('newAgency.finish')}
        isBusy={create.isPending || dryRun.isPending}
        onStep={look}
        onFinish={finish}
        onCancel={() => void navigate({ to: '/agencies' })}
        steps={[
          {
            key: 'agency',
            title: t('newAgency.agency'),
            isComplete: isName(draft.name) && draft.zh !== '' && draft.en !== '',
            body: <WhoStep {...step} />,
          },
          {
            key: 'domains',
            title: t('newAgency.domains'),
            isComplete: draft.pods === '' || /^\d{1,4}$/.test(draft.pods),
            body: <DomainsStep {...step} />,
          },
          { key: 'owner', title: t('newAgency.owner'), isComplete: isOwnerComplete(draft), body: <OwnerStep {...step} /> },
          {
            key: 'review',
            title: t('newAgency.review'),
            isComplete: dryRun.isSuccess,
            body: <ReviewStep {...step} yaml={dryRun.data?.yaml} />,
          },
        ]}
      />
    </PageView>
  );
}

function WhoStep({ draft, change, error }: StepProps): ReactNode {
  const { t } = useWords();
  const badName = draft.name !== '' && !isName(draft.name) ? t('newAgency.nameForm') : undefined;
  return (
    <>
      <TextField
        label={t('newAgency.zh')}
        value={draft.zh}
        onChange={(zh) => change({ zh })}
        isRequired
        maxLength={128}
        lang="zh-CN"
        problem={problemOfField(error, 'displayName.zh')}
      />
      <TextField
        label={t('newAgency.en')}
        value={draft.en}
        onChange={(en) => change({ en })}
        isRequired
        maxLength={128}
        lang="en"
        problem={problemOfField(error, 'displayName.en')}
      />
      <TextField
        label={t('newAgency.name')}
        hint={t('newAgency.nameHint')}
        value={draft.name}
        onChange={(name) => change({ name: name.trim() })}
        isRequired
        maxLength={63}
        problem={badName ?? problemOfField(error, 'name')}
      />
    </>
  );
}

function DomainsStep({ draft, change, error }: StepProps): ReactNode {
  const { t } = useWords();
  const { query } = useNetworks();
  const set = (network: Network, roles: readonly string[] | undefined): void =>
    change({ memberships: withRoles(draft.memberships, network.name, roles) });
  return (
    <>
      <p>{t('newAgency.domainsHint')}</p>
      {(query.data ?? []).map((network) => {
        const roles = rolesIn(draft.memberships, network.name);
        return (
          <div key={network.name} className="civitas-stack">
            <CheckField
              label={`${wordOf('domain', network.domain)} (${network.name})`}
              isChecked={roles !== undefined}
              onChange={(isIn) => set(network, isIn ? [] : undefined)}
            />
            {roles !== undefined && (
              <div className="civitas-indent">
                <ChoicesField
                  label={t('newAgency.rolesOn', { network: wordOf('domain', network.domain) })}
                  values={roles}
                  choices={ledgerRolesOf(network.domain).map((value) => ({ value, label: wordOf('ledgerRole', value) }))}
                  onChange={(next) => set(network, next)}
                />
              </div>
            )}
          </div>
        );
      })}
      <ChoiceField
        label={t('agencies.approval')}
        hint={t('newAgency.approvalHint')}
        value={draft.approvalPolicy}
        choices={(['manual', 'auto'] as const).map((value) => ({ value, label: t(`agencies.approval.${value}`) }))}
        onChange={(approvalPolicy) => change({ approvalPolicy })}
      />
      <TextField
        label={t('newAgency.pods')}
        hint={t('newAgency.podsHint')}
        type="number"
        value={draft.pods}
        onChange={(pods) => change({ pods })}
        maxLength={4}
        problem={problemOfField(error, 'quotas')}
      />
    </>
  );
}

function OwnerStep({ draft, change }: StepProps): ReactNode {
  const { t } = useWords();
  return (
    <>
      <p>{t('newAgency.ownerHint')}</p>
      <TextField
        label={t('members.email')}
        type="email"
        value={draft.ownerEmail}
        onChange={(ownerEmail) => change({ ownerEmail: ownerEmail.trim() })}
        maxLength={254}
      />
      <TextField
        label={t('members.lastName')}
        value={draft.ownerLastName}
        onChange={(ownerLastName) => change({ ownerLastName })}
        maxLength={64}
      />
      <TextField
        label={t('members.firstName')}
        value={draft.ownerFirstName}
        onChange={(ownerFirstName) => change({ ownerFirstName })}
        maxLength={64}
      />
    </>
  );
}

function ReviewStep({ draft, error, yaml }: StepProps & { readonly yaml: string | undefined }): ReactNode {
  const { t } = useWords();
  return (
    <>
      <ChangeFailed error={error} />
      <Facts
        facts={[
          [
            t('newAgency.zh'),
            <span key="zh" lang="zh-CN">
              {draft.zh}
            </span>,
          ],
          [
            t('newAgency.en'),
            <span key="en" lang="en">
              {draft.en}
            </span>,
          ],
          [t('newAgency.name'), <code key="name">{draft.name}</code>],
          [
            t('agencies.networks'),
            agencyOf(draft)
              .memberships.map(
                ({ network, roles }) =>
                  `${network} (${['member', ...roles].map((role) => wordOf('ledgerRole', role)).join(t('ui.comma'))})`,
              )
              .join(t('ui.comma')) || '–',
          ],
          [t('agencies.approval'), t(draft.approvalPolicy === 'auto' ? 'agencies.approval.auto' : 'agencies.approval.manual')],
          [t('newAgency.owner'), draft.ownerEmail === '' ? '–' : `${draft.ownerLastName} ${draft.ownerFirstName} <${draft.ownerEmail}>`],
        ]}
      />
      <p>{t('newAgency.approvalsFollow')}</p>
      {yaml !== undefined && <CodeView label={t('newAgency.yaml')} text={yaml} />}
    </>
  );
}
