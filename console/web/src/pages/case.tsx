import type { CaseDetail, CaseForm, CaseStage, SubmittedStep } from '@civitas/console-contract';
import { Form } from '@patternfly/react-core';
import { Link, useParams } from '@tanstack/react-router';
import { type FormEvent, type ReactNode, useState } from 'react';
import { useChange } from '../api/changes.ts';
import { useCase } from '../api/queries.ts';
import { useWords } from '../i18n/index.ts';
import { CodeView } from '../ui/code-view.tsx';
import { Facts } from '../ui/facts.tsx';
import { Notice } from '../ui/notice.tsx';
import { PageView } from '../ui/page-view.tsx';
import { Section } from '../ui/section.tsx';
import { StatusLabel } from '../ui/status-label.tsx';
import { SubmitButton } from '../ui/submit-button.tsx';
import { TimeText } from '../ui/time-text.tsx';
import { useToast } from '../ui/toasts.tsx';
import { CaseFormFields } from './case-form-fields.tsx';
import { firstTyped, valuesOf } from './case-values.ts';
import { ChangeFailed } from './change-failed.tsx';
import { QueryView } from './query-view.tsx';
import { RecordProof } from './record-proof.tsx';
import { wordOf } from './words-of.ts';

/** One case: where it stands on every ledger, what is on the way, and what may be done next. */
export function CasePage(): ReactNode {
  const { network, id } = useParams({ from: '/cases/$network/$id' });
  const { t } = useWords();
  const title = t('case.title');
  const crumbs = [{ label: t('cases.title'), link: <Link to="/cases">{t('cases.title')}</Link> }, { label: title }];
  return (
    <PageView title={title} lead={<code lang="en">{id}</code>} crumbs={crumbs}>
      <QueryView query={useCase(network, id)}>{(detail) => <CaseView detail={detail} />}</QueryView>
    </PageView>
  );
}

function CaseView({ detail }: { readonly detail: CaseDetail }): ReactNode {
  const { t } = useWords();
  const { kind, network, agency, status, isFinal, stages, packets, forms } = detail;
  return (
    <>
      <Section title={t('case.status')}>
        <Facts
          facts={[
            [t('cases.kind'), wordOf('caseKind', kind)],
            [t('explorer.network'), network],
            [t('agencies.agency'), agency],
            [
              t('case.status'),
              <StatusLabel key="status" tone={isFinal ? 'good' : 'working'}>
                {wordOf('caseStatus', status)}
              </StatusLabel>,
            ],
          ]}
        />
        {isFinal && <Notice tone="good" title={t('case.over')} />}
      </Section>
      <Section title={t('case.next')}>
        {forms.length === 0 && <p>{t('case.nothing')}</p>}
        {forms.map((form) => (
          <StepForm key={form.step} of={detail} form={form} />
        ))}
      </Section>
      <Section title={t('case.packets')}>
        {packets.length === 0 ? (
          <p>{t('case.noPackets')}</p>
        ) : (
          <ul>
            {packets.map(({ network: from, peer, sequence }) => (
              <li key={`${from} ${peer} ${sequence}`}>{t('case.packet', { network: from, peer, sequence })}</li>
            ))}
          </ul>
        )}
      </Section>
      {stages.map((stage) => (
        <StageView key={stage.name} stage={stage} />
      ))}
    </>
  );
}

function StepForm({ of, form }: { readonly of: CaseDetail; readonly form: CaseForm }): ReactNode {
  const { t } = useWords();
  const toast = useToast();
  const [typed, setTyped] = useState(() => firstTyped(form));
  const { network, id, agency } = of;
  const take = useChange<SubmittedStep>([['case', network, id], ['waiting-cases']]);
  const values = valuesOf(form, typed);
  const step = wordOf('caseStep', form.step);
  const description = t('case.stepDone', { step, id });
  const send = (event: FormEvent): void => {
    event.preventDefault();
    if (values === undefined || take.isPending) return;
    const path = `/networks/${encodeURIComponent(network)}/cases/${encodeURIComponent(id)}/steps`;
    const body = { step: form.step, agency, values };
    take.mutate(
      { method: 'POST', path, body, description },
      { onSuccess: () => toast({ tone: 'good', title: t('resumed.done', { what: description }) }) },
    );
  };
  return (
    <Form className="civitas-form" onSubmit={send} noValidate aria-label={step}>
      <ChangeFailed error={take.error} />
      <CaseFormFields
        form={form}
        typed={typed}
        onType={(field, text) => setTyped((before) => ({ ...before, [field]: text }))}
        error={take.error}
      />
      <SubmitButton isReady={values !== undefined} isBusy={take.isPending}>
        {step}
      </SubmitButton>
    </Form>
  );
}

const TONE = { there: 'good', waiting: 'working', hidden: 'neutral', unreachable: 'warning' } as const;

function StageView({ stage }: { readonly stage: CaseStage }): ReactNode {
  const { t } = useWords();
  const { name, network, key, state, status, history, record } = stage;
  return (
    <Section title={wordOf('caseStage', name)}>
      <Facts
        facts={[
          [
            t('case.status'),
            <StatusLabel key="state" tone={TONE[state]}>
              {status === '' ? t(`case.${state}`) : wordOf('caseStatus', status)}
            </StatusLabel>,
          ],
          [t('explorer.network'), network],
          [
            t('explorer.kind.record'),
            key === '' ? undefined : (
              <code key="key" lang="en">
                {key}
              </code>
            ),
          ],
        ]}
      />
      {history.length > 0 && (
        <details>
          <summary>{t('case.history')}</summary>
          <ol>
            {history.map(({ event, by, atUnixMs, height }) => (
              <li key={`${event} ${atUnixMs} ${height}`}>
                <TimeText at={atUnixMs} /> <code lang="en">{`${event} ${by}`}</code>
              </li>
            ))}
          </ol>
        </details>
      )}
      {record !== undefined && (
        <>
          <RecordProof record={record} />
          <details>
            <summary>{t('case.record')}</summary>
            <CodeView label={t('case.record')} text={JSON.stringify(record.value, null, 2)} />
          </details>
        </>
      )}
    </Section>
  );
}
