import { Button } from '@patternfly/react-core';
import { type ReactNode, useState } from 'react';
import { useApi } from '../api/api-context.ts';
import { StepUpNeeded } from '../api/problem.ts';
import { useWords } from '../i18n/index.ts';
import { Section } from '../ui/section.tsx';
import { ChangeFailed } from './change-failed.tsx';
import { saveAs } from './save-as.ts';

const FILES = [
  { key: 'profile', path: 'connection-profile', suffix: 'connection-profile.json' },
  { key: 'kubeconfig', path: 'kubeconfig', suffix: 'kubeconfig.yaml' },
] as const;

/** What an agency's own programs need. No private key is ever among it. */
export function AgencyDownloads({ agency }: { readonly agency: string }): ReactNode {
  const { t, language } = useWords();
  const { client, session } = useApi();
  const [error, setError] = useState<Error | null>(null);
  const fetchFile = async (path: string, fileName: string): Promise<void> => {
    setError(null);
    try {
      const response = await client.open({ method: 'GET', path: `/agencies/${encodeURIComponent(agency)}/${path}` }, {});
      saveAs(await response.blob(), fileName);
    } catch (cause) {
      if (cause instanceof StepUpNeeded) await session.stepUp({ locale: language });
      else setError(cause instanceof Error ? cause : new Error(String(cause)));
    }
  };
  return (
    <>
      <ChangeFailed error={error} />
      <div className="civitas-cards">
        {FILES.map(({ key, path, suffix }) => (
          <Section key={key} title={t(`downloads.${key}`)}>
            <p>{t(`downloads.${key}Body`)}</p>
            <div>
              <Button
                variant="secondary"
                onClick={() => void fetchFile(path, `${agency}-${suffix}`)}
                aria-label={`${t('downloads.get')}: ${t(`downloads.${key}`)}`}
              >
                {t('downloads.get')}
              </Button>
            </div>
          </Section>
        ))}
      </div>
      <p>{t('downloads.stepUp')}</p>
    </>
  );
}
