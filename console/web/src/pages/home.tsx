import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useInbox, useMe, useNetworks } from '../api/queries.ts';
import { useWords } from '../i18n/index.ts';
import { Facts } from '../ui/facts.tsx';
import { PageView } from '../ui/page-view.tsx';
import { Section } from '../ui/section.tsx';
import { Empty } from '../ui/states.tsx';
import { useActingAgency } from './agency-switch.tsx';
import { InboxTable } from './inbox-table.tsx';
import { NetworkTable } from './networks.tsx';
import { inboxOf, networksOf } from './of-agency.ts';
import { QueryView } from './query-view.tsx';
import { useOwnTurn } from './waiting-cases.tsx';
import { wordOf } from './words-of.ts';

/** What is mine, and what needs me. */
export function Home(): ReactNode {
  const { t, language } = useWords();
  const me = useMe();
  const inbox = useInbox();
  const { query: networks, onMore } = useNetworks();
  const acting = useActingAgency();
  const turn = useOwnTurn();
  return (
    <PageView title={t('home.title', { name: me.data?.name ?? '' })} lead={t('home.lead')}>
      <Section title={t('home.needsMe')} actions={<Link to="/inbox">{t('home.allInbox')}</Link>}>
        <QueryView query={inbox}>
          {({ items }) => {
            const mine = inboxOf(acting, items, networks.data ?? []);
            if (mine.length > 0) return <InboxTable items={mine.slice(0, 5)} />;
            return turn.items.length === 0 && <Empty title={t('inbox.empty')}>{t('inbox.emptyBody')}</Empty>;
          }}
        </QueryView>
        {turn.items.length > 0 && <Link to="/cases">{t('cases.waiting', { count: turn.items.length })}</Link>}
      </Section>
      <Section title={t('home.networks')} actions={<Link to="/networks">{t('home.allNetworks')}</Link>}>
        <QueryView query={networks}>
          {(items) =>
            items.length === 0 ? (
              <Empty title={t('networks.empty')}>{t('networks.emptyBody')}</Empty>
            ) : (
              <NetworkTable networks={networksOf(acting, items)} onMore={onMore} />
            )
          }
        </QueryView>
      </Section>
      <Section title={t('home.roles')}>
        <QueryView query={me}>
          {({ organizations, isPlatformAdmin }) => (
            <Facts
              facts={[
                ...(isPlatformAdmin ? [[t('home.platform'), t('home.platformAdmin')] as const] : []),
                ...organizations.map(
                  ({ agency, displayName, roles }) =>
                    [
                      language === 'en' ? displayName.en : displayName.zh,
                      <span key={agency}>
                        <Link to="/agencies/$name" params={{ name: agency }}>
                          {agency}
                        </Link>
                        {' · '}
                        {roles.map((role) => wordOf('role', role)).join(t('ui.comma'))}
                      </span>,
                    ] as const,
                ),
              ]}
            />
          )}
        </QueryView>
      </Section>
    </PageView>
  );
}
