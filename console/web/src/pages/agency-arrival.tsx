import type { Agency, Invitation, NewInvitation } from '@civitas/console-contract';
import { ProgressStep, ProgressStepper } from '@patternfly/react-core';
import { Link } from '@tanstack/react-router';
import { type ReactNode, useEffect, useRef } from 'react';
import { useChange } from '../api/changes.ts';
import { useArrivingAgency } from '../api/queries.ts';
import { useWords } from '../i18n/index.ts';
import { Section } from '../ui/section.tsx';
import { ChangeFailed } from './change-failed.tsx';
import { QueryView } from './query-view.tsx';

interface ArrivalProps {
  readonly name: string;
  readonly invitation: NewInvitation | undefined;
}

/** Follows a new agency until it has its organization, then invites its owner. */
export function AgencyArrival({ name, invitation }: ArrivalProps): ReactNode {
  return <QueryView query={useArrivingAgency(name)}>{(agency) => <Arrival agency={agency} invitation={invitation} />}</QueryView>;
}

/** Whether the identity provider knows the agency. */
export function hasOrganization({ organizationId, conditions }: Pick<Agency, 'organizationId' | 'conditions'>): boolean {
  return organizationId !== undefined || conditions.some(({ type, status }) => type === 'IdentityReady' && status === 'True');
}

function Arrival({ agency, invitation }: { readonly agency: Agency; readonly invitation: NewInvitation | undefined }): ReactNode {
  const { t } = useWords();
  const { name } = agency;
  const isKnown = hasOrganization(agency);
  const invite = useChange<Invitation>([['agency', name]]);
  const isSent = useRef(false);
  useEffect(() => {
    if (!isKnown || invitation === undefined || isSent.current) return;
    isSent.current = true;
    invite.mutate({
      method: 'POST',
      path: `/agencies/${encodeURIComponent(name)}/invitations`,
      body: invitation,
      description: t('members.inviteWhat', { email: invitation.email, agency: name }),
      returnTo: `/agencies/${encodeURIComponent(name)}?tab=members`,
    });
  }, [isKnown, invitation, name, invite, t]);
  const sign = (isDone: boolean): 'success' | 'pending' => (isDone ? 'success' : 'pending');
  const said = (isDone: boolean): string => t(isDone ? 'ui.step.done' : 'ui.step.later');
  return (
    <Section title={t('newAgency.done', { name })}>
      <ChangeFailed error={invite.error} />
      <ProgressStepper aria-label={t('newAgency.arrival')} isVertical>
        <ProgressStep id="made" titleId="made-title" variant="success" aria-label={said(true)}>
          {t('newAgency.made')}
        </ProgressStep>
        <ProgressStep id="known" titleId="known-title" variant={sign(isKnown)} aria-label={said(isKnown)}>
          {t('newAgency.known')}
        </ProgressStep>
        {invitation !== undefined && (
          <ProgressStep id="invited" titleId="invited-title" variant={sign(invite.isSuccess)} aria-label={said(invite.isSuccess)}>
            {t('newAgency.invited', { email: invitation.email })}
          </ProgressStep>
        )}
      </ProgressStepper>
      <p role="status">{invite.isSuccess ? t('newAgency.allDone') : t('newAgency.working')}</p>
      <div className="civitas-actions">
        <Link to="/agencies/$name" params={{ name }} className="pf-v6-c-button pf-m-secondary">
          {t('newAgency.open')}
        </Link>
      </div>
    </Section>
  );
}
