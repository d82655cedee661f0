import { Button, Content, Title } from '@patternfly/react-core';
import { type ReactNode, useEffect, useState } from 'react';
import type { Session } from '../auth/session.ts';
import { useWords } from '../i18n/index.ts';
import { Notice } from '../ui/notice.tsx';
import { useConfig } from './config-context.ts';
import { Preferences } from './preferences.tsx';

/** What people see before they sign in. @param session undefined until the identity provider has answered. */
export function Landing({ session }: { readonly session: Session | undefined }): ReactNode {
  const { t, language } = useWords();
  const { city, identity } = useConfig();
  const [isLeaving, setLeaving] = useState(false);
  const isBusy = isLeaving || session === undefined;
  const cityName = language === 'en' ? city.displayName.en : city.displayName.zh;
  useEffect(() => {
    document.title = `${t('landing.title', { city: cityName })} · ${t('app.name')}`;
  }, [t, cityName]);
  const signIn = async (): Promise<void> => {
    setLeaving(true);
    await session?.signIn({ locale: language });
  };
  return (
    <main className="civitas-landing">
      <div className="civitas-stack civitas-form">
        <div className="civitas-brand">
          <img src="/favicon.svg" alt="" />
          {t('app.name')}
        </div>
        <Content>
          <Title headingLevel="h1" size="2xl">
            {t('landing.title', { city: cityName })}
          </Title>
          <p>{t('landing.body')}</p>
        </Content>
        {identity.profile === 'local' && (
          <Notice tone="warning" title={t('local.title')}>
            {t('local.body')}
          </Notice>
        )}
        <div className="civitas-actions">
          <Button
            variant="primary"
            size="lg"
            onClick={() => void signIn()}
            isLoading={isBusy}
            isDisabled={isBusy}
            spinnerAriaLabel={t('ui.loading')}
          >
            {t('landing.signIn')}
          </Button>
          <Preferences />
        </div>
      </div>
    </main>
  );
}
