import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useWords } from '../i18n/index.ts';
import { PageView } from '../ui/page-view.tsx';

export function NoSuchPage(): ReactNode {
  const { t } = useWords();
  return (
    <PageView title={t('noPage.title')} lead={t('noPage.body')}>
      <Link to="/">{t('nav.home')}</Link>
    </PageView>
  );
}
