import type { CaseOpening, SubmittedStep } from '@civitas/console-contract';
import { Form } from '@patternfly/react-core';
import { Link, useNavigate } from '@tanstack/react-router';
import { type FormEvent, type ReactNode, useState } from 'react';
import { useChange } from '../api/changes.ts';
import { useCaseOpenings } from '../api/queries.ts';
import { useWords } from '../i18n/index.ts';
import { ChoiceField } from '../ui/fields.tsx';
import { PageView } from '../ui/page-view.tsx';
import { Empty } from '../ui/states.tsx';
import { SubmitButton } from '../ui/submit-button.tsx';
import { CaseFormFields } from './case-form-fields.tsx';
import { firstTyped, keepable, valuesOf } from './case-values.ts';
import { ChangeFailed } from './change-failed.tsx';
import { QueryView } from './query-view.tsx';
import { useDraft } from './use-draft.ts';
import { wordOf } from './words-of.ts';

/** Begins a case: the form is the contract's own. */
export function NewCasePage(): ReactNode {
  const { t } = useWords();
  const title = t('newCase.title');
  const crumbs = [{ label: t('cases.title'), link: <Link to="/cases">{t('cases.title')}</Link> }, { label: title }];
  return (
    <PageView title={title} lead={t('newCase.lead')} crumbs={crumbs}>
      <QueryView query={useCaseOpenings()}>
        {({ items }) =>
          items.length === 0 ? <Empty title={t('cases.none')}>{t('cases.noneBody')}</Empty> : <OpeningForm openings={items} />
        }
      </QueryView>
    </PageView>
  );
}

function OpeningForm({ openings }: { readonly openings: readonly CaseOpening[] }): ReactNode {
  const { t } = useWords();
  const [at, setAt] = useState(0);
  const opening = openings[at] ?? openings[0];
  const choices = openings.map(({ kind, network, agency }, index) => ({
    value: String(index),
    label: `${wordOf('caseKind', kind)} · ${network} · ${agency}`,
  }));
  if (opening === undefined) return null;
  return (
    <>
      <div className="civitas-form">
        <ChoiceField label={t('newCase.which')} value={String(at)} choices={choices} onChange={(value) => setAt(Number(value))} />
      </div>
      <CaseForm key={at} opening={opening} />
    </>
  );
}

function CaseForm({ opening }: { readonly opening: CaseOpening }): ReactNode {
  const { t } = useWords();
  const navigate = useNavigate();
  const { network, agency, kind, form } = opening;
  const [kept, keep, forget] = useDraft(`new-case.${network}.${agency}`, { typed: keepable(form, firstTyped(form)) });
  // What is private lives as long as the page does.
  const [hidden, setHidden] = useState<Readonly<Record<string, string>>>({});
  const submit = useChange<SubmittedStep>([['cases'], ['waiting-cases']]);
  const typed = { ...firstTyped(form), ...kept.typed, ...hidden };
  const values = valuesOf(form, typed);
  const type = (field: string, text: string): void => {
    const next = { ...typed, [field]: text };
    const open = keepable(form, next);
    if (field in open) keep({ typed: open });
    else setHidden((before) => ({ ...before, [field]: text }));
  };
  const send = (event: FormEvent): void => {
    event.preventDefault();
    if (values === undefined || submit.isPending) return;
    const description = t('newCase.done', { kind: wordOf('caseKind', kind) });
    submit.mutate(
      { method: 'POST', path: `/networks/${encodeURIComponent(network)}/cases`, body: { agency, values }, description },
      {
        onSuccess: ({ id }) => {
          forget();
          void navigate({ to: '/cases/$network/$id', params: { network, id } });
        },
      },
    );
  };
  return (
    <Form className="civitas-form" onSubmit={send} noValidate>
      <ChangeFailed error={submit.error} />
      <CaseFormFields form={form} typed={typed} onType={type} error={submit.error} />
      <SubmitButton isReady={values !== undefined} isBusy={submit.isPending}>
        {t('newCase.submit')}
      </SubmitButton>
    </Form>
  );
}
