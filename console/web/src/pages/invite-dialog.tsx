import type { Invitation, Role } from '@civitas/console-contract';
import { Form } from '@patternfly/react-core';
import type { ReactNode } from 'react';
import { useChange } from '../api/changes.ts';
import { useWords } from '../i18n/index.ts';
import { ConfirmDialog } from '../ui/confirm-dialog.tsx';
import { ChoiceField, TextField } from '../ui/fields.tsx';
import { isEmail } from './agency-draft.ts';
import { ChangeFailed, problemOfField } from './change-failed.tsx';
import { MEMBER_ROLES } from './roles-dialog.tsx';
import { useDialogDone } from './use-dialog-done.ts';
import { useDraft } from './use-draft.ts';
import { wordOf } from './words-of.ts';

const FIRST = { email: '', firstName: '', lastName: '', role: 'operator' };

export function InviteDialog({ agency, onClose }: { readonly agency: string; readonly onClose: () => void }): ReactNode {
  const { t } = useWords();
  const [draft, change, forget] = useDraft(`invite.${agency}`, FIRST);
  const invite = useChange<Invitation>([['agency', agency]]);
  const description = t('members.inviteWhat', { email: draft.email, agency });
  const isComplete = isEmail(draft.email) && draft.firstName.trim() !== '' && draft.lastName.trim() !== '';
  const role: Role = MEMBER_ROLES.find((one) => one === draft.role) ?? 'operator';
  const onSuccess = useDialogDone({ description, forget, onClose });
  const send = (): void => {
    if (!isComplete) return;
    invite.mutate(
      {
        method: 'POST',
        path: `/agencies/${encodeURIComponent(agency)}/invitations`,
        body: { email: draft.email, firstName: draft.firstName, lastName: draft.lastName, roles: [role] },
        description,
      },
      { onSuccess },
    );
  };
  return (
    <ConfirmDialog
      title={t('members.invite')}
      confirm={t('members.sendInvitation')}
      isBusy={invite.isPending}
      canConfirm={isComplete}
      onConfirm={send}
      onCancel={onClose}
    >
      <ChangeFailed error={invite.error} />
      <Form
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <InviteFields draft={draft} role={role} change={change} emailProblem={problemOfField(invite.error, 'email')} />
      </Form>
      <p>{t('stepUp.note')}</p>
    </ConfirmDialog>
  );
}

interface InviteFieldsProps {
  readonly draft: typeof FIRST;
  readonly role: Role;
  readonly change: (some: Partial<typeof FIRST>) => void;
  readonly emailProblem: string | undefined;
}

function InviteFields({ draft, role, change, emailProblem }: InviteFieldsProps): ReactNode {
  const { t } = useWords();
  return (
    <>
      <TextField
        label={t('members.email')}
        type="email"
        value={draft.email}
        onChange={(email) => change({ email: email.trim() })}
        isRequired
        maxLength={254}
        problem={emailProblem}
      />
      <TextField
        label={t('members.lastName')}
        value={draft.lastName}
        onChange={(lastName) => change({ lastName })}
        isRequired
        maxLength={64}
      />
      <TextField
        label={t('members.firstName')}
        value={draft.firstName}
        onChange={(firstName) => change({ firstName })}
        isRequired
        maxLength={64}
      />
      <ChoiceField
        label={t('members.role')}
        hint={t(`members.roleHint.${role}`)}
        value={role}
        choices={MEMBER_ROLES.map((value) => ({ value, label: wordOf('role', value) }))}
        onChange={(next) => change({ role: next })}
      />
    </>
  );
}
