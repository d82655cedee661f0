import type { CreatedNetwork } from '@civitas/console-contract';
import { Link, useNavigate } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useChange } from '../api/changes.ts';
import { useAgencies } from '../api/queries.ts';
import { useWords } from '../i18n/index.ts';
import { CodeView } from '../ui/code-view.tsx';
import { CheckField, ChoiceField, TextField } from '../ui/fields.tsx';
import { PageView } from '../ui/page-view.tsx';
import { Steps } from '../ui/steps.tsx';
import { isName } from './agency-draft.ts';
import { ChangeFailed, problemOfField } from './change-failed.tsx';
import { DifferenceTable } from './difference-table.tsx';
import { FoundersStep } from './founders-step.tsx';
import { DOMAINS, ENGINES, FIRST_NETWORK_DRAFT, isChainId, isCount, isSize, type NetworkDraft, networkOf } from './network-draft.ts';
import { useDraft } from './use-draft.ts';
import { wordOf } from './words-of.ts';

interface StepProps {
  readonly draft: NetworkDraft;
  readonly change: (some: Partial<NetworkDraft>) => void;
  readonly error: Error | null;
}

/** Founds a network: what it is, who runs it, and what the cluster would make of it. */
export function NewNetworkPage(): ReactNode {
  const { t } = useWords();
  const navigate = useNavigate();
  const [draft, change, forget] = useDraft('new-network', FIRST_NETWORK_DRAFT);
  const dryRun = useChange<CreatedNetwork>([]);
  const create = useChange<CreatedNetwork>([['networks'], ['agencies']]);
  const title = t('newNetwork.title');
  const body = networkOf(draft);
  const look = (key: string): void => {
    if (key === 'review') dryRun.mutate({ method: 'POST', path: '/networks?dryRun=true', body, description: title });
  };
  const finish = (): void =>
    create.mutate(
      { method: 'POST', path: '/networks', body, description: t('newNetwork.done', { name: draft.name }), returnTo: '/networks' },
      {
        onSuccess: () => {
          forget();
          void navigate({ to: '/networks/$name', params: { name: draft.name } });
        },
      },
    );
  const error = create.error ?? dryRun.error;
  const step = { draft, change, error };
  return (
    <PageView
      title={title}
      lead={t('newNetwork.lead')}
      crumbs={[{ label: t('networks.title'), link: <Link to="/networks">{t('networks.title')}</Link> }, { label: title }]}
    >
      <Steps
        label={title}
        finish={t('newNetwork.finish')}
        isBusy={create.isPending || dryRun.isPending}
        onStep={look}
        onFinish={finish}
        onCancel={() => void navigate({ to: '/networks' })}
        steps={[
          {
            key: 'what',
            title: t('newNetwork.what'),
            isComplete: isName(draft.name) && isChainId(draft.chainId),
            body: <WhatStep {...step} />,
          },
          {
            key: 'founders',
            title: t('newNetwork.whoDecides'),
            isComplete: draft.founders.length > 0,
            body: <FoundersStep {...step} />,
          },
          {
            key: 'validators',
            title: t('newNetwork.validators'),
            isComplete: isCount(draft.validators) && isCount(draft.approvalThreshold) && isSize(draft.storageSize),
            body: <ValidatorsStep {...step} />,
          },
          {
            key: 'review',
            title: t('newAgency.review'),
            isComplete: dryRun.isSuccess,
            body: <ReviewStep error={error} created={dryRun.data} />,
          },
        ]}
      />
    </PageView>
  );
}

function WhatStep({ draft, change, error }: StepProps): ReactNode {
  const { t } = useWords();
  return (
    <>
      <ChoiceField
        label={t('networks.domain')}
        value={draft.domain}
        choices={DOMAINS.map((value) => ({ value, label: wordOf('domain', value) }))}
        onChange={(domain) => change({ domain })}
        problem={problemOfField(error, 'domain')}
      />
      <TextField
        label={t('newNetwork.name')}
        hint={t('newAgency.nameHint')}
        value={draft.name}
        onChange={(name) => change({ name: name.trim() })}
        isRequired
        maxLength={63}
        problem={draft.name !== '' && !isName(draft.name) ? t('newAgency.nameForm') : problemOfField(error, 'name')}
      />
      <TextField
        label={t('network.chainId')}
        hint={t('newNetwork.chainIdHint')}
        value={draft.chainId}
        onChange={(chainId) => change({ chainId: chainId.trim() })}
        isRequired
        maxLength={50}
        problem={draft.chainId !== '' && !isChainId(draft.chainId) ? t('newNetwork.chainIdForm') : problemOfField(error, 'chainId')}
      />
    </>
  );
}

function ValidatorsStep({ draft, change, error }: StepProps): ReactNode {
  const { t, language } = useWords();
  const agencies = useAgencies().query.data ?? [];
  const cityDecides = { value: '', label: t('newNetwork.cityDecides') };
  return (
    <>
      <ChoiceField
        label={t('networks.engine')}
        value={draft.engine}
        choices={[cityDecides, ...ENGINES.map((value) => ({ value, label: wordOf('engine', value) }))]}
        onChange={(engine) => change({ engine })}
        problem={problemOfField(error, 'engine')}
      />
      <TextField
        label={t('newNetwork.validatorCount')}
        hint={t('newNetwork.validatorHint')}
        type="number"
        value={draft.validators}
        onChange={(validators) => change({ validators })}
        maxLength={3}
        problem={isCount(draft.validators) ? problemOfField(error, 'validators') : t('newNetwork.countForm')}
      />
      <ChoiceField
        label={t('newNetwork.agency')}
        value={draft.agency}
        choices={[
          { value: '', label: t('newNetwork.founders') },
          ...agencies.map(({ name, displayName }) => ({ value: name, label: language === 'en' ? displayName.en : displayName.zh })),
        ]}
        onChange={(agency) => change({ agency })}
        problem={problemOfField(error, 'agency')}
      />
      <TextField
        label={t('newNetwork.threshold')}
        hint={t('newNetwork.thresholdHint')}
        type="number"
        value={draft.approvalThreshold}
        onChange={(approvalThreshold) => change({ approvalThreshold })}
        maxLength={3}
        problem={isCount(draft.approvalThreshold) ? problemOfField(error, 'approvalThreshold') : t('newNetwork.countForm')}
      />
      <TextField
        label={t('newNetwork.storage')}
        hint={t('newNetwork.storageHint')}
        value={draft.storageSize}
        onChange={(storageSize) => change({ storageSize: storageSize.trim() })}
        maxLength={16}
        problem={isSize(draft.storageSize) ? problemOfField(error, 'storageSize') : t('newNetwork.storageForm')}
      />
      <CheckField
        label={t('newNetwork.downtime')}
        hint={t('newNetwork.downtimeHint')}
        isChecked={draft.allowDowntime}
        onChange={(allowDowntime) => change({ allowDowntime })}
      />
    </>
  );
}

function ReviewStep({ error, created }: { readonly error: Error | null; readonly created: CreatedNetwork | undefined }): ReactNode {
  const { t } = useWords();
  return (
    <>
      <ChangeFailed error={error} />
      {created !== undefined && (
        <>
          <p>{t('newNetwork.reviewBody')}</p>
          <DifferenceTable
            label={t('newNetwork.differences')}
            differences={created.differences}
            before={t('newNetwork.before')}
            after={t('newNetwork.after')}
          />
          <CodeView label={t('newAgency.yaml')} text={created.yaml} />
        </>
      )}
    </>
  );
}
