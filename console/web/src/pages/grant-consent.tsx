import type { CitizenDeed, ConsentOffer } from '@civitas/console-contract';
import { type ReactNode, useState } from 'react';
import { useChange } from '../api/changes.ts';
import { useWords } from '../i18n/index.ts';
import { ConfirmDialog } from '../ui/confirm-dialog.tsx';
import { ChoiceField, TextField } from '../ui/fields.tsx';
import { useToast } from '../ui/toasts.tsx';
import { ChangeFailed } from './change-failed.tsx';
import { wordOf } from './words-of.ts';

const DAYS_MAX = 89;
const USES_MAX = 100;

/** A whole number from 1 to `max`; undefined for anything else. */
function countOf(typed: string, max: number): number | undefined {
  const value = Number(typed);
  return /^\d{1,3}$/.test(typed) && value >= 1 && value <= max ? value : undefined;
}

/** Consents to one question. What the citizen reads here is what the portal keeps as shown. */
export function GrantConsent({ offers, onClose }: { readonly offers: readonly ConsentOffer[]; readonly onClose: () => void }): ReactNode {
  const { t, language } = useWords();
  const toast = useToast();
  const [at, setAt] = useState(0);
  const [typedDays, setDays] = useState('7');
  const [typedUses, setUses] = useState('1');
  const grant = useChange<CitizenDeed>([['citizen']]);
  const offer = offers[at];
  if (offer === undefined) return null;
  const namesOf = ({ requesterName, custodianName }: ConsentOffer) =>
    language === 'en'
      ? { requester: requesterName.en, custodian: custodianName.en }
      : { requester: requesterName.zh, custodian: custodianName.zh };
  const days = countOf(typedDays, DAYS_MAX);
  const usesMax = countOf(typedUses, USES_MAX);
  const { custodian, source, requester, requesterNetwork, predicate, purpose } = offer;
  const words = { what: wordOf('predicate', predicate), why: wordOf('purpose', purpose) };
  const shown = t('citizen.shown', { ...namesOf(offer), ...words, days: days ?? 0, uses: usesMax ?? 0 });
  const send = (): void => {
    const body = { custodian, source, requester, requesterNetwork, predicate, purpose, days, usesMax, shown };
    const description = t('citizen.grantWhat');
    grant.mutate(
      { method: 'POST', path: '/citizen/consents', body, description, returnTo: '/citizen' },
      {
        onSuccess: () => {
          toast({ tone: 'good', title: t('resumed.done', { what: description }) });
          onClose();
        },
      },
    );
  };
  return (
    <ConfirmDialog
      title={t('citizen.grantTitle')}
      confirm={t('citizen.grant')}
      isBusy={grant.isPending}
      canConfirm={days !== undefined && usesMax !== undefined}
      onConfirm={send}
      onCancel={onClose}
    >
      <ChangeFailed error={grant.error} />
      <ChoiceField
        label={t('citizen.offer')}
        value={String(at)}
        choices={offers.map((one, index) => ({ value: String(index), label: t('citizen.offerLabel', namesOf(one)) }))}
        onChange={(value) => setAt(Number(value))}
      />
      <TextField
        label={t('citizen.days')}
        type="number"
        value={typedDays}
        onChange={setDays}
        maxLength={2}
        problem={days === undefined ? t('citizen.number', { max: DAYS_MAX }) : undefined}
      />
      <TextField
        label={t('citizen.usesMax')}
        type="number"
        value={typedUses}
        onChange={setUses}
        maxLength={3}
        problem={usesMax === undefined ? t('citizen.number', { max: USES_MAX }) : undefined}
      />
      <p>{shown}</p>
    </ConfirmDialog>
  );
}
