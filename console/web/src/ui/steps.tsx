import { Button, Form, ProgressStep, ProgressStepper, Title } from '@patternfly/react-core';
import { type FormEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { useWords } from '../i18n/index.ts';

export interface Step {
  readonly key: string;
  readonly title: string;
  readonly body: ReactNode;
  /** Whether one may go on from here. */
  readonly isComplete: boolean;
}

interface StepsProps {
  readonly label: string;
  readonly steps: readonly Step[];
  readonly finish: string;
  readonly isBusy: boolean;
  readonly onFinish: () => void;
  readonly onCancel: () => void;
  /** Called as a step opens. */
  readonly onStep?: (key: string) => void;
}

const SIGN = { done: 'success', now: 'info', later: 'pending' } as const;

/** A form in steps. Enter goes on; the heading of a step takes the focus as it opens. */
export function Steps({ label, steps, finish, isBusy, onFinish, onCancel, onStep }: StepsProps): ReactNode {
  const { t } = useWords();
  const [at, setAt] = useState(0);
  const heading = useRef<HTMLDivElement>(null);
  const moved = useRef(false);
  const step = steps[at];
  useEffect(() => {
    if (moved.current) heading.current?.focus();
  }, [at]);
  if (step === undefined) return null;
  const isLast = at === steps.length - 1;
  const go = (next: number): void => {
    moved.current = true;
    setAt(next);
    const opened = steps[next];
    if (opened !== undefined) onStep?.(opened.key);
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (!step.isComplete || isBusy) return;
    if (isLast) onFinish();
    else go(at + 1);
  };
  return (
    <div className="civitas-stack">
      <ProgressStepper aria-label={label}>
        {steps.map(({ key, title }, index) => {
          const place = index < at ? 'done' : index === at ? 'now' : 'later';
          return (
            <ProgressStep
              key={key}
              id={`step-${key}`}
              titleId={`step-${key}-title`}
              variant={SIGN[place]}
              isCurrent={place === 'now'}
              aria-label={t(`ui.step.${place}`)}
            >
              {title}
            </ProgressStep>
          );
        })}
      </ProgressStepper>
      <Form className="civitas-form" onSubmit={submit} noValidate>
        <div ref={heading} tabIndex={-1}>
          <Title headingLevel="h2">{step.title}</Title>
        </div>
        {step.body}
        <div className="civitas-actions">
          <Button
            type="submit"
            variant="primary"
            isDisabled={!step.isComplete || isBusy}
            isLoading={isBusy}
            spinnerAriaLabel={t('ui.loading')}
          >
            {isLast ? finish : t('ui.next')}
          </Button>
          {at > 0 && (
            <Button variant="secondary" onClick={() => go(at - 1)} isDisabled={isBusy}>
              {t('ui.back')}
            </Button>
          )}
          <Button variant="link" onClick={onCancel}>
            {t('ui.cancel')}
          </Button>
        </div>
      </Form>
    </div>
  );
}
