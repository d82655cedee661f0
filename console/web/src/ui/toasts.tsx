import { Alert, AlertActionCloseButton, AlertActionLink, AlertGroup } from '@patternfly/react-core';
import { createContext, type ReactNode, useCallback, useContext, useMemo, useState } from 'react';
import { useWords } from '../i18n/index.ts';

export interface Toast {
  readonly tone: 'good' | 'bad';
  readonly title: string;
  /** What the person can do about it; the message goes with it. */
  readonly action?: { readonly label: string; readonly onPress: () => void };
}

const Toasts = createContext<(toast: Toast) => void>(() => undefined);
const TOAST_MS = 8000;
/** Older ones make room. */
const TOASTS_MAX = 5;

/** Tells the person what became of what they did. */
export function useToast(): (toast: Toast) => void {
  return useContext(Toasts);
}

export function ToastArea({ children }: { readonly children: ReactNode }): ReactNode {
  const { t } = useWords();
  const [toasts, setToasts] = useState<readonly (Toast & { readonly id: number })[]>([]);
  const drop = useCallback((id: number) => setToasts((before) => before.filter((toast) => toast.id !== id)), []);
  const push = useMemo(() => {
    let last = 0;
    return (toast: Toast): void => {
      last += 1;
      const id = last;
      setToasts((before) => [...before, { ...toast, id }].slice(-TOASTS_MAX));
    };
  }, []);
  return (
    <Toasts value={push}>
      {children}
      <AlertGroup isToast isLiveRegion aria-label={t('ui.toasts')}>
        {toasts.map(({ id, tone, title, action }) => (
          <Alert
            key={id}
            variant={tone === 'good' ? 'success' : 'danger'}
            variantLabel={t(`ui.tone.${tone}`)}
            title={title}
            component="p"
            timeout={tone === 'good' ? TOAST_MS : false}
            onTimeout={() => drop(id)}
            actionLinks={
              action !== undefined && (
                <AlertActionLink
                  onClick={() => {
                    drop(id);
                    action.onPress();
                  }}
                >
                  {action.label}
                </AlertActionLink>
              )
            }
            actionClose={<AlertActionCloseButton title={t('ui.close')} aria-label={t('ui.close')} onClose={() => drop(id)} />}
          />
        ))}
      </AlertGroup>
    </Toasts>
  );
}
