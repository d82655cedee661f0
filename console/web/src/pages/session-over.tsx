import { Button, Modal, ModalBody, ModalFooter, ModalHeader } from '@patternfly/react-core';
import { type ReactNode, useEffect, useState } from 'react';
import { useApi } from '../api/api-context.ts';
import { useWords } from '../i18n/index.ts';

/** Says that the session is over, and that nothing of what was typed is lost. */
export function SessionOver(): ReactNode {
  const { session } = useApi();
  const { t, language } = useWords();
  const [isOver, setOver] = useState(false);
  useEffect(() => session.onEnd(() => setOver(true)), [session]);
  if (!isOver) return null;
  return (
    <Modal isOpen variant="small" aria-labelledby="session-over">
      <ModalHeader title={t('sessionOver.title')} labelId="session-over" />
      <ModalBody>{t('sessionOver.body')}</ModalBody>
      <ModalFooter>
        <Button variant="primary" onClick={() => void session.signIn({ locale: language })}>
          {t('sessionOver.signIn')}
        </Button>
      </ModalFooter>
    </Modal>
  );
}
