import {
  Banner,
  Button,
  Masthead,
  MastheadBrand,
  MastheadContent,
  MastheadMain,
  MastheadToggle,
  Nav,
  NavGroup,
  NavItem,
  Page,
  PageSidebar,
  PageSidebarBody,
  PageToggleButton,
  SkipToContent,
} from '@patternfly/react-core';
import { useQueryClient } from '@tanstack/react-query';
import { Link, Outlet, useRouterState } from '@tanstack/react-router';
import { type ReactNode, useEffect, useRef } from 'react';
import { useApi } from '../api/api-context.ts';
import { useConnection, useLiveChanges } from '../api/live.ts';
import { useInbox, useMe } from '../api/queries.ts';
import { useWords } from '../i18n/index.ts';
import { AgencySwitch } from './agency-switch.tsx';
import { useConfig } from './config-context.ts';
import { NAVIGATION } from './navigation.ts';
import { Preferences } from './preferences.tsx';
import { ResumedRequest } from './resumed-request.tsx';
import { SessionOver } from './session-over.tsx';
import { useOwnTurn } from './waiting-cases.tsx';

const MAIN_ID = 'main';

/** What is around every page: who is signed in, where one can go, and whether the console is reached. */
export function Shell(): ReactNode {
  const { t } = useWords();
  useLiveChanges(useQueryClient());
  useFocusOnNavigation();
  useRolesOfInvitation();
  return (
    <Page
      masthead={<Head />}
      sidebar={<Side />}
      banner={<Banners />}
      isManagedSidebar
      mainContainerId={MAIN_ID}
      skipToContent={<SkipToContent href={`#${MAIN_ID}`}>{t('shell.skip')}</SkipToContent>}
    >
      <Outlet />
      <ResumedRequest />
      <SessionOver />
    </Page>
  );
}

/** Asking who one is gives a newly accepted person their roles; they are in the next token, and everything is asked for anew with it. */
function useRolesOfInvitation(): void {
  const { session } = useApi();
  const queries = useQueryClient();
  const isNew = useMe().data?.organizations.some(({ roles }) => roles.length === 0) === true;
  useEffect(() => {
    if (!isNew) return;
    session
      .renew()
      .then(() => queries.invalidateQueries())
      // Out of reach or ended: the next request says so.
      .catch(() => undefined);
  }, [isNew, session, queries]);
}

/** A new page is read from its beginning: the focus goes where the screen reader and the keyboard go on. */
function useFocusOnNavigation(): void {
  const path = useRouterState({ select: ({ location }) => location.pathname });
  const shown = useRef(path);
  useEffect(() => {
    if (shown.current === path) return;
    shown.current = path;
    const main = document.getElementById(MAIN_ID);
    main?.focus();
    main?.scrollTo(0, 0);
  }, [path]);
}

function Banners(): ReactNode {
  const { t } = useWords();
  const { identity } = useConfig();
  const connection = useConnection();
  return (
    <>
      {identity.profile === 'local' && (
        <Banner screenReaderText={t('ui.tone.warning')} color="yellow">
          {t('local.banner')}
        </Banner>
      )}
      <div role="status">
        {connection === 'lost' && (
          <Banner screenReaderText={t('ui.tone.bad')} color="red">
            {t('shell.lost')}
          </Banner>
        )}
      </div>
    </>
  );
}

function Head(): ReactNode {
  const { t, language } = useWords();
  const { session } = useApi();
  const { city } = useConfig();
  const me = useMe();
  return (
    <Masthead>
      <MastheadMain>
        <MastheadToggle>
          <PageToggleButton isHamburgerButton aria-label={t('shell.menu')} />
        </MastheadToggle>
        <MastheadBrand>
          <Link to="/" className="civitas-brand">
            <img src="/favicon.svg" alt="" />
            {t('app.name')} · {language === 'en' ? city.displayName.en : city.displayName.zh}
          </Link>
        </MastheadBrand>
      </MastheadMain>
      <MastheadContent>
        <div className="civitas-actions civitas-head">
          <AgencySwitch />
          <Preferences />
          <span>{me.data?.name}</span>
          <Button variant="secondary" size="sm" onClick={() => void session.signOut()}>
            {t('shell.signOut')}
          </Button>
        </div>
      </MastheadContent>
    </Masthead>
  );
}

function Side(): ReactNode {
  const { t } = useWords();
  const path = useRouterState({ select: ({ location }) => location.pathname });
  const waiting: Readonly<Record<string, number>> = { '/inbox': useInbox().data?.items.length ?? 0, '/cases': useOwnTurn().items.length };
  const isActive = (to: string): boolean => (to === '/' ? path === '/' : path === to || path.startsWith(`${to}/`));
  return (
    <PageSidebar>
      <PageSidebarBody>
        <Nav aria-label={t('shell.navigation')}>
          {NAVIGATION.map(({ group, items }) => (
            <NavGroup key={group} title={t(group)}>
              {items.map(({ to, label }) => (
                <NavItem key={to} itemId={to} isActive={isActive(to)}>
                  <Link to={to} aria-current={isActive(to) ? 'page' : undefined}>
                    {t(label)}
                    {(waiting[to] ?? 0) > 0 && ` (${waiting[to]})`}
                  </Link>
                </NavItem>
              ))}
            </NavGroup>
          ))}
        </Nav>
      </PageSidebarBody>
    </PageSidebar>
  );
}
