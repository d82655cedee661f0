import type { Invitation, Member } from '@civitas/console-contract';
import { Button } from '@patternfly/react-core';
import { type ReactNode, useState } from 'react';
import { type ChangeRequest, useChange } from '../api/changes.ts';
import { useInvitations, useMembers } from '../api/queries.ts';
import { useWords } from '../i18n/index.ts';
import { ConfirmDialog } from '../ui/confirm-dialog.tsx';
import { type Column, DataTable } from '../ui/data-table.tsx';
import { Section } from '../ui/section.tsx';
import { Empty } from '../ui/states.tsx';
import { StatusLabel } from '../ui/status-label.tsx';
import { AgoText } from '../ui/time-text.tsx';
import { ChangeFailed } from './change-failed.tsx';
import { InviteDialog } from './invite-dialog.tsx';
import { QueryView } from './query-view.tsx';
import { RolesDialog } from './roles-dialog.tsx';
import { wordOf } from './words-of.ts';

/** People of an agency, their roles, and who is invited. Everything here needs a second factor. */
export function AgencyMembers({ agency }: { readonly agency: string }): ReactNode {
  const { t } = useWords();
  const { query, onMore } = useMembers(agency);
  const [isInviting, setInviting] = useState(false);
  const [changed, setChanged] = useState<Member>();
  return (
    <>
      <Section
        title={t('members.title')}
        actions={
          <Button variant="primary" size="sm" onClick={() => setInviting(true)}>
            {t('members.invite')}
          </Button>
        }
      >
        <QueryView query={query}>
          {(members) =>
            members.length === 0 ? (
              <Empty title={t('members.empty')}>{t('members.emptyBody')}</Empty>
            ) : (
              <MemberTable agency={agency} members={members} onMore={onMore} onRoles={setChanged} />
            )
          }
        </QueryView>
      </Section>
      <Section title={t('invitations.title')}>
        <Invitations agency={agency} />
      </Section>
      {isInviting && <InviteDialog agency={agency} onClose={() => setInviting(false)} />}
      {changed !== undefined && <RolesDialog agency={agency} member={changed} onClose={() => setChanged(undefined)} />}
    </>
  );
}

interface MemberTableProps {
  readonly agency: string;
  readonly members: readonly Member[];
  readonly onMore: (() => void) | undefined;
  readonly onRoles: (member: Member) => void;
}

function MemberTable({ agency, members, onMore, onRoles }: MemberTableProps): ReactNode {
  const { t } = useWords();
  const [leaving, setLeaving] = useState<Member>();
  const remove = useChange([['agency', agency, 'members']]);
  const ask = (member: Member): void => {
    // What went wrong with another person is not said of this one.
    remove.reset();
    setLeaving(member);
  };
  const columns: readonly Column<Member>[] = [
    { key: 'name', title: t('members.name'), names: true, cell: ({ name, username }) => (name === '' ? username : name) },
    { key: 'email', title: t('members.email'), cell: ({ email }) => email },
    { key: 'roles', title: t('members.roles'), cell: ({ roles }) => roles.map((role) => wordOf('role', role)).join(t('ui.comma')) || '–' },
    {
      key: 'enabled',
      title: t('networks.phase'),
      cell: ({ enabled }) => (
        <StatusLabel tone={enabled ? 'good' : 'neutral'}>{t(enabled ? 'members.enabled' : 'members.disabled')}</StatusLabel>
      ),
    },
    {
      key: 'actions',
      title: t('inbox.action'),
      cell: (member) => (
        <div className="civitas-actions">
          <Button variant="link" isInline onClick={() => onRoles(member)} aria-label={`${t('members.changeRoles')}: ${member.name}`}>
            {t('members.changeRoles')}
          </Button>
          <Button variant="link" isDanger isInline onClick={() => ask(member)} aria-label={`${t('members.remove')}: ${member.name}`}>
            {t('members.remove')}
          </Button>
        </div>
      ),
    },
  ];
  const description = t('members.removeWhat', { name: leaving?.name ?? '', agency });
  return (
    <>
      <DataTable label={t('members.title')} columns={columns} rows={members} keyOf={({ id }) => id} onMore={onMore} />
      {leaving !== undefined && (
        <ConfirmDialog
          title={description}
          confirm={t('members.remove')}
          isDanger
          isBusy={remove.isPending}
          onCancel={() => setLeaving(undefined)}
          onConfirm={() =>
            remove.mutate(
              { method: 'DELETE', path: `/agencies/${encodeURIComponent(agency)}/members/${encodeURIComponent(leaving.id)}`, description },
              { onSuccess: () => setLeaving(undefined) },
            )
          }
        >
          <ChangeFailed error={remove.error} />
          <p>{t('stepUp.note')}</p>
        </ConfirmDialog>
      )}
    </>
  );
}

function Invitations({ agency }: { readonly agency: string }): ReactNode {
  const { t } = useWords();
  const { query, onMore } = useInvitations(agency);
  const change = useChange([['agency', agency]]);
  const tone = { pending: 'working', expired: 'warning' } as const;
  const columns: readonly Column<Invitation>[] = [
    { key: 'email', title: t('members.email'), names: true, cell: ({ email }) => email },
    { key: 'role', title: t('members.roles'), cell: ({ roles }) => roles.map((role) => wordOf('role', role)).join(t('ui.comma')) || '–' },
    {
      key: 'state',
      title: t('networks.phase'),
      cell: ({ state }) => <StatusLabel tone={tone[state]}>{t(`invitations.state.${state}`)}</StatusLabel>,
    },
    {
      key: 'expires',
      title: t('invitations.expires'),
      cell: ({ expiresAt }) => <AgoText at={expiresAt} />,
    },
    {
      key: 'actions',
      title: t('inbox.action'),
      cell: (invitation) => <InvitationActions invitation={invitation} agency={agency} onChange={change.mutate} />,
    },
  ];
  return (
    <>
      <ChangeFailed error={change.error} />
      <QueryView query={query}>
        {(invitations) =>
          invitations.length === 0 ? (
            <Empty title={t('invitations.empty')} />
          ) : (
            <DataTable label={t('invitations.title')} columns={columns} rows={invitations} keyOf={({ id }) => id} onMore={onMore} />
          )
        }
      </QueryView>
    </>
  );
}

interface InvitationActionsProps {
  readonly invitation: Invitation;
  readonly agency: string;
  readonly onChange: (change: ChangeRequest) => void;
}

function InvitationActions({ invitation: { id, email }, agency, onChange }: InvitationActionsProps): ReactNode {
  const { t } = useWords();
  const path = `/agencies/${encodeURIComponent(agency)}/invitations/${encodeURIComponent(id)}`;
  const resend = (): void => onChange({ method: 'POST', path: `${path}/resend`, description: t('invitations.resendWhat', { email }) });
  const revoke = (): void => onChange({ method: 'DELETE', path, description: t('invitations.revokeWhat', { email }) });
  return (
    <div className="civitas-actions">
      <Button variant="link" isInline aria-label={`${t('invitations.resend')}: ${email}`} onClick={resend}>
        {t('invitations.resend')}
      </Button>
      <Button variant="link" isInline isDanger aria-label={`${t('invitations.revoke')}: ${email}`} onClick={revoke}>
        {t('invitations.revoke')}
      </Button>
    </div>
  );
}
