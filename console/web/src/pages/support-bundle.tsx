import { Button } from '@patternfly/react-core';
import { type ReactNode, useState } from 'react';
import { useApi } from '../api/api-context.ts';
import { StepUpNeeded } from '../api/problem.ts';
import { useWords } from '../i18n/index.ts';
import { Section } from '../ui/section.tsx';
import { ChangeFailed } from './change-failed.tsx';
import { saveAs } from './save-as.ts';

const NAME = /filename="([\w.-]{1,80})"/;

/** For those who run the platform: how the city is, as one file for those who help them. */
export function SupportBundle(): ReactNode {
  const { t, language } = useWords();
  const { client, session } = useApi();
  const [error, setError] = useState<Error | null>(null);
  const [isBusy, setIsBusy] = useState(false);
  const fetchBundle = async (): Promise<void> => {
    setError(null);
    setIsBusy(true);
    try {
      const response = await client.open({ method: 'GET', path: '/support-bundle' }, {});
      const name = NAME.exec(response.headers.get('content-disposition') ?? '')?.[1];
      saveAs(await response.blob(), name ?? 'civitas-support.tar.gz');
    } catch (cause) {
      if (cause instanceof StepUpNeeded) await session.stepUp({ locale: language });
      else setError(cause instanceof Error ? cause : new Error(String(cause)));
    } finally {
      setIsBusy(false);
    }
  };
  return (
    <Section title={t('status.support')}>
      <ChangeFailed error={error} />
      <p>{t('status.supportBody')}</p>
      <div>
        <Button
          variant="secondary"
          isLoading={isBusy}
          isDisabled={isBusy}
          onClick={() => void fetchBundle()}
          aria-label={`${t('status.supportGet')}: ${t('status.support')}`}
        >
          {t('status.supportGet')}
        </Button>
      </div>
    </Section>
  );
}
