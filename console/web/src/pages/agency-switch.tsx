import { FormSelect, FormSelectOption } from '@patternfly/react-core';
import { type ReactNode, useSyncExternalStore } from 'react';
import { useMe } from '../api/queries.ts';
import { actingAgencyIn, chooseAgency, watchAgency } from '../auth/acting-agency.ts';
import { useWords } from '../i18n/index.ts';

/** The agency that the person works for now: one of theirs, or empty for all of them. */
export function useActingAgency(): string {
  const chosen = useSyncExternalStore(watchAgency, () => actingAgencyIn(sessionStorage));
  const own = useMe().data?.organizations ?? [];
  return own.some(({ agency }) => agency === chosen) ? chosen : '';
}

/** For who works for several agencies: lists show one of them, and forms begin with it. */
export function AgencySwitch(): ReactNode {
  const { t, language } = useWords();
  const own = useMe().data?.organizations ?? [];
  const acting = useActingAgency();
  if (own.length < 2) return null;
  return (
    <FormSelect
      className="civitas-preference"
      aria-label={t('shell.agency')}
      value={acting}
      onChange={(_event, value) => chooseAgency(sessionStorage, value)}
    >
      <FormSelectOption value="" label={t('shell.allAgencies')} />
      {own.map(({ agency, displayName }) => (
        <FormSelectOption key={agency} value={agency} label={language === 'en' ? displayName.en : displayName.zh} />
      ))}
    </FormSelect>
  );
}
