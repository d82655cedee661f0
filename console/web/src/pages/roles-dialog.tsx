import type { Member, Role } from '@civitas/console-contract';
import { Button, Modal, ModalBody, ModalFooter, ModalHeader } from '@patternfly/react-core';
import type { ReactNode } from 'react';
import { useChange } from '../api/changes.ts';
import { useWords } from '../i18n/index.ts';
import { Facts } from '../ui/facts.tsx';
import { ChangeFailed } from './change-failed.tsx';
import { wordOf } from './words-of.ts';

export const MEMBER_ROLES: readonly Role[] = ['owner', 'operator', 'auditor', 'developer'];

interface RolesDialogProps {
  readonly agency: string;
  readonly member: Member;
  readonly onClose: () => void;
}

/** Gives and takes roles, one at a time: each is a change of its own with a second factor, and ends before the dialog goes. */
export function RolesDialog({ agency, member, onClose }: RolesDialogProps): ReactNode {
  const { t } = useWords();
  const change = useChange([['agency', agency, 'members']]);
  const set = (role: Role, isGiven: boolean): void =>
    change.mutate(
      {
        method: isGiven ? 'PUT' : 'DELETE',
        path: `/agencies/${encodeURIComponent(agency)}/members/${encodeURIComponent(member.id)}/roles/${role}`,
        description: t(isGiven ? 'members.giveWhat' : 'members.takeWhat', { role: wordOf('role', role), name: member.name }),
      },
      { onSuccess: onClose },
    );
  return (
    <Modal isOpen variant="small" aria-labelledby="roles-title" onEscapePress={() => change.isPending || onClose()}>
      <ModalHeader title={t('members.rolesOf', { name: member.name })} labelId="roles-title" />
      <ModalBody>
        <div className="civitas-stack">
          <ChangeFailed error={change.error} />
          <Facts
            facts={MEMBER_ROLES.map((role) => {
              const has = member.roles.includes(role);
              return [
                wordOf('role', role),
                <div key={role} className="civitas-spread">
                  <span>{t(`members.roleHint.${role}`)}</span>
                  <Button
                    variant="secondary"
                    size="sm"
                    isDisabled={change.isPending}
                    onClick={() => set(role, !has)}
                    aria-label={`${t(has ? 'members.take' : 'members.give')}: ${wordOf('role', role)}`}
                  >
                    {t(has ? 'members.take' : 'members.give')}
                  </Button>
                </div>,
              ] as const;
            })}
          />
          <p>{t('stepUp.note')}</p>
        </div>
      </ModalBody>
      <ModalFooter>
        <Button variant="link" onClick={onClose} isDisabled={change.isPending}>
          {t('ui.close')}
        </Button>
      </ModalFooter>
    </Modal>
  );
}
