import type { Citizen, CitizenAccess, CitizenConsent, CitizenDeed, NewDispute } from '@civitas/console-contract';
import { Button } from '@patternfly/react-core';
import { type ReactNode, useState } from 'react';
import { useChange } from '../api/changes.ts';
import { useCitizen } from '../api/queries.ts';
import { formatTime } from '../i18n/format.ts';
import { useWords } from '../i18n/index.ts';
import { ConfirmDialog } from '../ui/confirm-dialog.tsx';
import { type Column, DataTable } from '../ui/data-table.tsx';
import { ChoiceField } from '../ui/fields.tsx';
import { Notice } from '../ui/notice.tsx';
import { PageView } from '../ui/page-view.tsx';
import { Section } from '../ui/section.tsx';
import { Empty } from '../ui/states.tsx';
import { StatusLabel } from '../ui/status-label.tsx';
import { TimeText } from '../ui/time-text.tsx';
import { useToast } from '../ui/toasts.tsx';
import { ChangeFailed } from './change-failed.tsx';
import { GrantConsent } from './grant-consent.tsx';
import { QueryView } from './query-view.tsx';
import { wordOf } from './words-of.ts';

const GROUNDS: readonly NewDispute['ground'][] = ['unknown-agency', 'no-reason', 'wrong-person', 'misuse-suspected'];

/** What is about whoever is signed in: who read what and why, consents, disputes. */
export function CitizenPage(): ReactNode {
  const { t } = useWords();
  const [cursor, setCursor] = useState('');
  return (
    <PageView title={t('citizen.title')} lead={t('citizen.lead')}>
      <QueryView query={useCitizen(cursor)}>
        {(citizen) =>
          citizen.state === 'untied' ? (
            <Notice tone="info" title={t('citizen.untied')}>
              <p>{t('citizen.untiedBody')}</p>
              <p>
                {t('citizen.account')} <code lang="en">{citizen.account}</code>
              </p>
            </Notice>
          ) : (
            <>
              <Section title={t('citizen.accesses')}>
                <Accesses accesses={citizen.accesses} />
                <div className="civitas-actions">
                  {citizen.nextAccess !== undefined && (
                    <Button variant="link" onClick={() => setCursor(citizen.nextAccess ?? '')}>
                      {t('citizen.more')}
                    </Button>
                  )}
                  {cursor !== '' && (
                    <Button variant="link" onClick={() => setCursor('')}>
                      {t('citizen.newest')}
                    </Button>
                  )}
                </div>
              </Section>
              <Consents citizen={citizen} />
            </>
          )
        }
      </QueryView>
    </PageView>
  );
}

const useNameOf = (): ((names: { readonly zh: string; readonly en: string }) => string) => {
  const { language } = useWords();
  return ({ zh, en }) => (language === 'en' ? en : zh);
};

function DisputeState({ access }: { readonly access: CitizenAccess }): ReactNode {
  const { t, language } = useWords();
  const { dispute, isOverdue, explanation, explainDueUnixMs } = access;
  if (dispute === 'none') return <StatusLabel tone="neutral">{t('citizen.dispute.none')}</StatusLabel>;
  if (dispute === 'explained') {
    return (
      <>
        <StatusLabel tone="good">{t('citizen.dispute.explained')}</StatusLabel> {wordOf('explanation', explanation)}
      </>
    );
  }
  return (
    <>
      <StatusLabel tone={isOverdue ? 'bad' : 'working'}>{t('citizen.dispute.open')}</StatusLabel>{' '}
      {isOverdue ? t('citizen.dispute.overdue') : t('citizen.dispute.due', { due: formatTime(language, explainDueUnixMs) })}
    </>
  );
}

function Accesses({ accesses }: { readonly accesses: readonly CitizenAccess[] }): ReactNode {
  const { t, language } = useWords();
  const nameOf = useNameOf();
  const [disputed, setDisputed] = useState<CitizenAccess>();
  if (accesses.length === 0) return <Empty title={t('citizen.noAccesses')}>{t('citizen.noAccessesBody')}</Empty>;
  const columns: readonly Column<CitizenAccess>[] = [
    { key: 'reader', title: t('citizen.reader'), names: true, cell: ({ requesterName }) => nameOf(requesterName) },
    { key: 'holder', title: t('citizen.holder'), cell: ({ custodianName }) => nameOf(custodianName) },
    { key: 'what', title: t('citizen.what'), cell: ({ what }) => wordOf('predicate', what) },
    { key: 'why', title: t('citizen.why'), cell: ({ purpose }) => wordOf('purpose', purpose) },
    { key: 'basis', title: t('citizen.basis'), cell: ({ basis }) => wordOf('basis', basis) },
    { key: 'when', title: t('citizen.when'), cell: ({ atUnixMs }) => <TimeText at={atUnixMs} /> },
    {
      key: 'dispute',
      title: t('citizen.dispute'),
      cell: (access) => (
        <div className="civitas-actions">
          <DisputeState access={access} />
          {access.dispute === 'none' && (
            <Button
              variant="secondary"
              size="sm"
              onClick={() => setDisputed(access)}
              aria-label={t('citizen.disputeIt', { reader: nameOf(access.requesterName), when: formatTime(language, access.atUnixMs) })}
            >
              {t('citizen.dispute')}
            </Button>
          )}
        </div>
      ),
    },
  ];
  return (
    <>
      <DataTable label={t('citizen.accesses')} columns={columns} rows={accesses} keyOf={({ id }) => id} />
      {disputed !== undefined && <DisputeDialog access={disputed} onClose={() => setDisputed(undefined)} />}
    </>
  );
}

/** Sends what the citizen signs, and says what became of it. */
function useDeed(onDone: () => void) {
  const { t } = useWords();
  const toast = useToast();
  const change = useChange<CitizenDeed>([['citizen']]);
  const send = (path: string, description: string, body: object): void =>
    change.mutate(
      { method: 'POST', path, description, body, returnTo: '/citizen' },
      {
        onSuccess: () => {
          toast({ tone: 'good', title: t('resumed.done', { what: description }) });
          onDone();
        },
      },
    );
  return { send, change };
}

function DisputeDialog({ access, onClose }: { readonly access: CitizenAccess; readonly onClose: () => void }): ReactNode {
  const { t } = useWords();
  const [ground, setGround] = useState<string>('unknown-agency');
  const { send, change } = useDeed(onClose);
  return (
    <ConfirmDialog
      title={t('citizen.disputeWhat')}
      confirm={t('citizen.dispute')}
      isBusy={change.isPending}
      onConfirm={() => send(`/citizen/accesses/${encodeURIComponent(access.id)}/dispute`, t('citizen.disputeWhat'), { ground })}
      onCancel={onClose}
    >
      <ChangeFailed error={change.error} />
      <p>{t('citizen.disputeBody')}</p>
      <ChoiceField
        label={t('citizen.ground')}
        value={ground}
        choices={GROUNDS.map((value) => ({ value, label: wordOf('ground', value) }))}
        onChange={setGround}
      />
    </ConfirmDialog>
  );
}

function Consents({ citizen: { consents, offers } }: { readonly citizen: Citizen }): ReactNode {
  const { t } = useWords();
  const [isGranting, setGranting] = useState(false);
  const grant = (
    <Button variant="secondary" onClick={() => setGranting(true)} isDisabled={offers.length === 0}>
      {t('citizen.grantWhat')}
    </Button>
  );
  return (
    <Section title={t('citizen.consents')} actions={grant}>
      {offers.length === 0 && <Notice tone="info" title={t('citizen.noOffers')} />}
      {consents.length === 0 ? (
        <Empty title={t('citizen.noConsents')}>{t('citizen.noConsentsBody')}</Empty>
      ) : (
        <ConsentTable consents={consents} />
      )}
      {isGranting && <GrantConsent offers={offers} onClose={() => setGranting(false)} />}
    </Section>
  );
}

function ConsentTable({ consents }: { readonly consents: readonly CitizenConsent[] }): ReactNode {
  const { t } = useWords();
  const nameOf = useNameOf();
  const [withdrawn, setWithdrawn] = useState<CitizenConsent>();
  const columns: readonly Column<CitizenConsent>[] = [
    { key: 'reader', title: t('citizen.reader'), names: true, cell: ({ requesterName }) => nameOf(requesterName) },
    { key: 'holder', title: t('citizen.holder'), cell: ({ custodianName }) => nameOf(custodianName) },
    { key: 'what', title: t('citizen.what'), cell: ({ predicate }) => wordOf('predicate', predicate) },
    { key: 'why', title: t('citizen.why'), cell: ({ purpose }) => wordOf('purpose', purpose) },
    {
      key: 'number',
      title: t('citizen.consentNumber'),
      cell: ({ id }) => <code lang="en">{id}</code>,
    },
    { key: 'until', title: t('citizen.until'), cell: ({ expiresAtUnixMs }) => <TimeText at={expiresAtUnixMs} /> },
    { key: 'uses', title: t('citizen.uses'), cell: ({ usesLeft, usesMax }) => t('citizen.usesOf', { left: usesLeft, max: usesMax }) },
    {
      key: 'state',
      title: t('networks.phase'),
      cell: (consent) => (
        <div className="civitas-actions">
          <ConsentState consent={consent} />
          {consent.mayWithdraw && (
            <Button
              variant="secondary"
              size="sm"
              onClick={() => setWithdrawn(consent)}
              aria-label={t('citizen.withdrawIt', { reader: nameOf(consent.requesterName) })}
            >
              {t('citizen.withdraw')}
            </Button>
          )}
          {consent.status === 'granted' && !consent.mayWithdraw && <span>{t('citizen.elsewhere')}</span>}
        </div>
      ),
    },
  ];
  return (
    <>
      <DataTable label={t('citizen.consents')} columns={columns} rows={consents} keyOf={({ id }) => id} />
      {withdrawn !== undefined && <WithdrawDialog consent={withdrawn} onClose={() => setWithdrawn(undefined)} />}
    </>
  );
}

function ConsentState({ consent: { status, expiresAtUnixMs } }: { readonly consent: CitizenConsent }): ReactNode {
  const { t } = useWords();
  if (status === 'withdrawn') return <StatusLabel tone="neutral">{t('citizen.consent.withdrawn')}</StatusLabel>;
  const isOver = expiresAtUnixMs <= Date.now();
  return <StatusLabel tone={isOver ? 'neutral' : 'good'}>{t(isOver ? 'citizen.consent.ended' : 'citizen.consent.granted')}</StatusLabel>;
}

function WithdrawDialog({ consent, onClose }: { readonly consent: CitizenConsent; readonly onClose: () => void }): ReactNode {
  const { t } = useWords();
  const nameOf = useNameOf();
  const { send, change } = useDeed(onClose);
  return (
    <ConfirmDialog
      title={t('citizen.withdrawWhat')}
      confirm={t('citizen.withdraw')}
      isDanger
      isBusy={change.isPending}
      onConfirm={() => send(`/citizen/consents/${encodeURIComponent(consent.id)}/withdraw`, t('citizen.withdrawWhat'), {})}
      onCancel={onClose}
    >
      <ChangeFailed error={change.error} />
      <p>{t('citizen.withdrawBody', { reader: nameOf(consent.requesterName) })}</p>
    </ConfirmDialog>
  );
}
