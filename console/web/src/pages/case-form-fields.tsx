import type { CaseField, CaseForm } from '@civitas/console-contract';
import { type ChangeEvent, type ReactNode, useId } from 'react';
import { useWords } from '../i18n/index.ts';
import { ChoiceField, TextField } from '../ui/fields.tsx';
import type { Typed } from './case-values.ts';
import { problemOfField } from './change-failed.tsx';
import { wordOf } from './words-of.ts';

interface CaseFormFieldsProps {
  readonly form: CaseForm;
  readonly typed: Typed;
  readonly onType: (field: string, text: string) => void;
  readonly error: Error | null;
}

/** Inputs for what a contract's method asks for. */
export function CaseFormFields({ form, typed, onType, error }: CaseFormFieldsProps): ReactNode {
  return form.fields.map((field) => (
    <FieldInput
      key={field.name}
      field={field}
      typed={typed[field.name] ?? ''}
      onType={(text) => onType(field.name, text)}
      problem={problemOfField(error, `values.${field.name}`)}
    />
  ));
}

interface FieldInputProps {
  readonly field: CaseField;
  readonly typed: string;
  readonly onType: (text: string) => void;
  readonly problem: string | undefined;
}

function FieldInput({ field, typed, onType, problem }: FieldInputProps): ReactNode {
  const { t } = useWords();
  const { name, kind, isPrivate, choices = [] } = field;
  const label = wordOf('caseField', name);
  const common = { label, value: typed, onChange: onType, problem, isRequired: true };
  if (kind === 'choice')
    return <ChoiceField {...common} choices={choices.map((value) => ({ value, label: wordOf('caseChoice', value) }))} />;
  if (kind === 'time') return <TextField {...common} type="datetime-local" hint={t('newCase.time')} />;
  if (kind === 'money') return <TextField {...common} hint={t('newCase.money')} maxLength={16} />;
  if (kind === 'whole') return <TextField {...common} type="number" maxLength={16} />;
  if (kind === 'digest')
    return (
      <>
        <TextField {...common} hint={t('newCase.digest')} maxLength={64} />
        <FileDigest onDigest={onType} />
      </>
    );
  return <TextField {...common} {...(isPrivate ? { hint: t('newCase.private') } : {})} />;
}

/** Takes the digest from a file, which stays where it is. */
function FileDigest({ onDigest }: { readonly onDigest: (hex: string) => void }): ReactNode {
  const { t } = useWords();
  const id = useId();
  const take = (event: ChangeEvent<HTMLInputElement>): void => {
    const file = event.target.files?.[0];
    if (file === undefined) return;
    void file
      .arrayBuffer()
      .then((bytes) => crypto.subtle.digest('SHA-256', bytes))
      .then((digest) => onDigest([...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('')));
  };
  return (
    <div>
      <label htmlFor={id}>{t('newCase.file')}</label> <input id={id} type="file" onChange={take} />
    </div>
  );
}
