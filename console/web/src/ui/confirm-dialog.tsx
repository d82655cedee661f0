import { Button, Modal, ModalBody, ModalFooter, ModalHeader } from '@patternfly/react-core';
import { type ReactNode, useId } from 'react';
import { useWords } from '../i18n/index.ts';

interface ConfirmDialogProps {
  readonly title: string;
  readonly confirm: string;
  readonly isDanger?: boolean;
  readonly isBusy?: boolean;
  readonly canConfirm?: boolean;
  readonly onConfirm: () => void;
  readonly onCancel: () => void;
  readonly children: ReactNode;
}

/** Asks before something that is hard to take back. Once it is on its way nothing here takes it back, so the dialog stays until it has ended. */
export function ConfirmDialog({
  title,
  confirm,
  isDanger = false,
  isBusy = false,
  canConfirm = true,
  onConfirm,
  onCancel,
  children,
}: ConfirmDialogProps): ReactNode {
  const { t } = useWords();
  const id = useId();
  return (
    <Modal isOpen variant="small" aria-labelledby={id} aria-describedby={`${id}-body`} onEscapePress={() => isBusy || onCancel()}>
      <ModalHeader title={title} labelId={id} />
      <ModalBody id={`${id}-body`}>
        <div className="civitas-stack">{children}</div>
      </ModalBody>
      <ModalFooter>
        <Button
          variant={isDanger ? 'danger' : 'primary'}
          onClick={onConfirm}
          isDisabled={isBusy || !canConfirm}
          isLoading={isBusy}
          spinnerAriaLabel={t('ui.loading')}
        >
          {confirm}
        </Button>
        <Button variant="link" onClick={onCancel} isDisabled={isBusy}>
          {t('ui.cancel')}
        </Button>
      </ModalFooter>
    </Modal>
  );
}
