import { base64urlEncode } from '@civitas/canon';
import type { ProposedKey } from '@civitas/console-contract';
import { Button, Form } from '@patternfly/react-core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useState } from 'react';
import { useApi } from '../api/api-context.ts';
import { useChange } from '../api/changes.ts';
import { useMe, useNetworks } from '../api/queries.ts';
import { type ApproverKey, findApproverKey, forgetApproverKey, makeApproverKey, type NoKeyMade, whyNoKey } from '../auth/approver-key.ts';
import { useWords } from '../i18n/index.ts';
import { CodeView } from '../ui/code-view.tsx';
import { ConfirmDialog } from '../ui/confirm-dialog.tsx';
import { Facts } from '../ui/facts.tsx';
import { ChoiceField, TextField } from '../ui/fields.tsx';
import { Notice } from '../ui/notice.tsx';
import { PageView } from '../ui/page-view.tsx';
import { Section } from '../ui/section.tsx';
import { Empty } from '../ui/states.tsx';
import { TimeText } from '../ui/time-text.tsx';
import { useToast } from '../ui/toasts.tsx';
import { useActingAgency } from './agency-switch.tsx';
import { ChangeFailed } from './change-failed.tsx';
import { KeyStanding } from './key-standing.tsx';
import { QueryView } from './query-view.tsx';
import { useDraft } from './use-draft.ts';

const KEY_QUERY = ['approver-key'];

/** The person's own key: made here, enrolled by the members, used for approvals. */
export function ApproverKeyPage(): ReactNode {
  const { t } = useWords();
  const { session } = useApi();
  const subject = session.subject ?? '';
  const query = useQuery({ queryKey: [...KEY_QUERY, subject], queryFn: async () => (await findApproverKey(subject)) ?? null });
  return (
    <PageView title={t('key.title')} lead={t('key.lead')}>
      <QueryView query={query}>
        {(key) => (key === null ? <NoKey subject={subject} /> : <KeyView subject={subject} approverKey={key} />)}
      </QueryView>
    </PageView>
  );
}

function NoKey({ subject }: { readonly subject: string }): ReactNode {
  const { t } = useWords();
  const queries = useQueryClient();
  const [why, setWhy] = useState<NoKeyMade>();
  const make = async (): Promise<void> => {
    try {
      await makeApproverKey(subject, Date.now());
    } catch (error) {
      setWhy(whyNoKey(error));
    }
    await queries.invalidateQueries({ queryKey: KEY_QUERY });
  };
  return (
    <>
      {why === 'unsupported' && <Notice tone="bad" title={t('key.unsupported')} isLive />}
      {why === 'notKept' && <Notice tone="bad" title={t('key.notKept')} isLive />}
      <Empty title={t('key.none')} action={<Button onClick={() => void make()}>{t('key.make')}</Button>}>
        {t('key.noneBody')}
      </Empty>
    </>
  );
}

interface KeyProps {
  readonly subject: string;
  readonly approverKey: ApproverKey;
}

function KeyView({ subject, approverKey }: KeyProps): ReactNode {
  const { t } = useWords();
  const queries = useQueryClient();
  const [isAsking, setAsking] = useState(false);
  const forget = async (): Promise<void> => {
    await forgetApproverKey(subject);
    setAsking(false);
    await queries.invalidateQueries({ queryKey: KEY_QUERY });
  };
  const publicKey = base64urlEncode(approverKey.publicKey);
  return (
    <>
      <Section
        title={t('key.yours')}
        actions={
          <Button variant="link" isDanger onClick={() => setAsking(true)}>
            {t('key.forget')}
          </Button>
        }
      >
        <Facts facts={[[t('key.since'), <TimeText key="since" at={approverKey.madeAtUnixMs} />]]} />
        <CodeView label={t('key.public')} text={publicKey} />
      </Section>
      <Section title={t('key.standing')}>
        <KeyStanding publicKey={approverKey.publicKey} />
      </Section>
      <Section title={t('key.enrol')}>
        <p>{t('key.enrolBody')}</p>
        <p>{t('key.forFounding')}</p>
        <Enrol publicKey={publicKey} />
      </Section>
      {isAsking && (
        <ConfirmDialog
          title={t('key.forget')}
          confirm={t('key.forget')}
          isDanger
          onConfirm={() => void forget()}
          onCancel={() => setAsking(false)}
        >
          <p>{t('key.forgetBody')}</p>
        </ConfirmDialog>
      )}
    </>
  );
}

function Enrol({ publicKey }: { readonly publicKey: string }): ReactNode {
  const { t, language } = useWords();
  const toast = useToast();
  const owned = (useMe().data?.organizations ?? []).filter(({ roles }) => roles.includes('owner'));
  const networks = useNetworks().query.data ?? [];
  const acting = useActingAgency();
  const [draft, change, forget] = useDraft('enrol-key', { network: '', agency: '', label: '' });
  const propose = useChange<ProposedKey>([['inbox'], ['ledger']]);
  const network = draft.network === '' ? (networks[0]?.name ?? '') : draft.network;
  const first = owned.find((one) => one.agency === acting) ?? owned[0];
  const agency = draft.agency === '' ? (first?.agency ?? '') : draft.agency;
  const description = t('key.proposeWhat', { network, agency });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    propose.mutate(
      {
        method: 'POST',
        path: `/networks/${encodeURIComponent(network)}/approver-keys`,
        body: { agency, publicKey, label: draft.label },
        description,
      },
      {
        onSuccess: () => {
          forget();
          toast({ tone: 'good', title: t('resumed.done', { what: description }) });
        },
      },
    );
  };
  if (owned.length === 0) return <Notice tone="info" title={t('key.noAgency')} />;
  return (
    <Form className="civitas-form" onSubmit={submit}>
      <ChangeFailed error={propose.error} />
      <ChoiceField
        label={t('key.network')}
        value={network}
        choices={networks.map(({ name }) => ({ value: name, label: name }))}
        onChange={(next) => change({ network: next })}
      />
      <ChoiceField
        label={t('key.agency')}
        value={agency}
        choices={owned.map((one) => ({ value: one.agency, label: language === 'en' ? one.displayName.en : one.displayName.zh }))}
        onChange={(next) => change({ agency: next })}
      />
      <TextField
        label={t('key.label')}
        hint={t('key.labelHint')}
        value={draft.label}
        onChange={(label) => change({ label })}
        isRequired
        maxLength={64}
      />
      <div className="civitas-actions">
        <Button
          type="submit"
          isDisabled={draft.label.trim() === '' || propose.isPending}
          isLoading={propose.isPending}
          spinnerAriaLabel={t('ui.loading')}
        >
          {t('key.propose')}
        </Button>
      </div>
      <p>{t('stepUp.note')}</p>
    </Form>
  );
}
