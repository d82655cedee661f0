import {
  Checkbox,
  FormGroup,
  FormHelperText,
  FormSelect,
  FormSelectOption,
  HelperText,
  HelperTextItem,
  TextArea,
  TextInput,
} from '@patternfly/react-core';
import { type ReactNode, useId } from 'react';

interface FieldProps {
  readonly label: string;
  readonly hint?: string | undefined;
  /** Why the value is refused. */
  readonly problem?: string | undefined;
  readonly isRequired?: boolean;
}

function Field({
  label,
  hint,
  problem,
  isRequired = false,
  id,
  children,
}: FieldProps & { readonly id: string; readonly children: ReactNode }): ReactNode {
  return (
    <FormGroup label={label} fieldId={id} isRequired={isRequired}>
      {children}
      {(problem ?? hint) !== undefined && (
        <FormHelperText>
          <HelperText id={`${id}-help`} isLiveRegion={problem !== undefined}>
            <HelperTextItem variant={problem === undefined ? 'default' : 'error'}>{problem ?? hint}</HelperTextItem>
          </HelperText>
        </FormHelperText>
      )}
    </FormGroup>
  );
}

interface TextFieldProps extends FieldProps {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly type?: 'text' | 'email' | 'number' | 'search' | 'datetime-local';
  readonly maxLength?: number;
  readonly autoComplete?: string;
  readonly rows?: number;
  readonly lang?: string;
}

export function TextField({
  value,
  onChange,
  type = 'text',
  maxLength = 256,
  autoComplete = 'off',
  rows,
  lang,
  ...field
}: TextFieldProps): ReactNode {
  const id = useId();
  const described = (field.problem ?? field.hint) === undefined ? {} : { 'aria-describedby': `${id}-help` };
  const input = {
    id,
    value,
    maxLength,
    autoComplete,
    lang,
    isRequired: field.isRequired ?? false,
    validated: field.problem === undefined ? ('default' as const) : ('error' as const),
    ...described,
  };
  return (
    <Field {...field} id={id}>
      {rows === undefined ? (
        <TextInput {...input} type={type} onChange={(_event, next) => onChange(next)} />
      ) : (
        <TextArea {...input} rows={rows} resizeOrientation="vertical" onChange={(_event, next) => onChange(next)} />
      )}
    </Field>
  );
}

export interface Choice {
  readonly value: string;
  readonly label: string;
}

interface ChoiceFieldProps extends FieldProps {
  readonly value: string;
  readonly choices: readonly Choice[];
  readonly onChange: (value: string) => void;
}

export function ChoiceField({ value, choices, onChange, ...field }: ChoiceFieldProps): ReactNode {
  const id = useId();
  return (
    <Field {...field} id={id}>
      <FormSelect
        id={id}
        value={value}
        validated={field.problem === undefined ? 'default' : 'error'}
        onChange={(_event, next) => onChange(next)}
        {...((field.problem ?? field.hint) === undefined ? {} : { 'aria-describedby': `${id}-help` })}
      >
        {choices.map((choice) => (
          <FormSelectOption key={choice.value} value={choice.value} label={choice.label} />
        ))}
      </FormSelect>
    </Field>
  );
}

interface CheckFieldProps {
  readonly label: string;
  readonly hint?: string;
  readonly isChecked: boolean;
  readonly onChange: (isChecked: boolean) => void;
}

export function CheckField({ label, hint, isChecked, onChange }: CheckFieldProps): ReactNode {
  const id = useId();
  return (
    <Checkbox
      id={id}
      label={label}
      isChecked={isChecked}
      onChange={(_event, next) => onChange(next)}
      {...(hint === undefined ? {} : { description: hint })}
    />
  );
}

interface ChoicesFieldProps {
  readonly label: string;
  readonly values: readonly string[];
  readonly choices: readonly Choice[];
  readonly onChange: (values: readonly string[]) => void;
}

/** Any number of choices. */
export function ChoicesField({ label, values, choices, onChange }: ChoicesFieldProps): ReactNode {
  const id = useId();
  return (
    <FormGroup role="group" label={label} fieldId={id} isStack>
      {choices.map((choice) => (
        <Checkbox
          key={choice.value}
          id={`${id}-${choice.value}`}
          label={choice.label}
          isChecked={values.includes(choice.value)}
          onChange={(_event, isChecked) =>
            onChange(isChecked ? [...values, choice.value] : values.filter((value) => value !== choice.value))
          }
        />
      ))}
    </FormGroup>
  );
}
