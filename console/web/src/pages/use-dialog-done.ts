import { useWords } from '../i18n/index.ts';
import { useToast } from '../ui/toasts.tsx';

interface DialogDone {
  /** What was done, in words. */
  readonly description: string;
  /** Forgets the dialog's draft. */
  readonly forget: () => void;
  readonly onClose: () => void;
}

/** What follows a change that a dialog has sent: its draft is forgotten, somebody is told, and the dialog goes. */
export function useDialogDone({ description, forget, onClose }: DialogDone): () => void {
  const { t } = useWords();
  const toast = useToast();
  return () => {
    forget();
    toast({ tone: 'good', title: t('resumed.done', { what: description }) });
    onClose();
  };
}
