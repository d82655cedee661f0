import type { Agency } from '@civitas/console-contract';
import { Button } from '@patternfly/react-core';
import { type ReactNode, useState } from 'react';
import { useChange } from '../api/changes.ts';
import { useWords } from '../i18n/index.ts';
import { ConfirmDialog } from '../ui/confirm-dialog.tsx';
import { DataTable } from '../ui/data-table.tsx';
import { TextField } from '../ui/fields.tsx';
import { Section } from '../ui/section.tsx';
import { Empty } from '../ui/states.tsx';
import { ChangeFailed } from './change-failed.tsx';
import { useDialogDone } from './use-dialog-done.ts';
import { useDraft } from './use-draft.ts';

interface AgencyProgramsProps {
  readonly agency: Agency;
  readonly mayAdd: boolean;
}

/** Programs that act for an agency with keys of their own, and what became of their certificate requests. */
export function AgencyPrograms({ agency, mayAdd }: AgencyProgramsProps): ReactNode {
  const { t } = useWords();
  const [isAsking, setAsking] = useState(false);
  const add = (
    <Button variant="secondary" size="sm" onClick={() => setAsking(true)}>
      {t('agency.certify')}
    </Button>
  );
  return (
    <Section title={t('agency.programs')} actions={mayAdd ? add : undefined}>
      {agency.clients.length === 0 ? (
        <Empty title={t('agency.noPrograms')}>{t('agency.noProgramsBody')}</Empty>
      ) : (
        <DataTable
          label={t('agency.programs')}
          rows={agency.clients}
          keyOf={({ name }) => name}
          columns={[
            { key: 'name', title: t('agency.program'), names: true, cell: ({ name }) => <code lang="en">{name}</code> },
            { key: 'networks', title: t('agency.programNetworks'), cell: ({ networks }) => networks },
            {
              key: 'problem',
              title: t('agency.programProblem'),
              cell: ({ problem }) => (problem === undefined ? '–' : <span lang="en">{problem}</span>),
            },
          ]}
        />
      )}
      {isAsking && <CertifyDialog agency={agency.name} onClose={() => setAsking(false)} />}
    </Section>
  );
}

const FIRST = { client: '', operationPublicKey: '', csr: '' };

function CertifyDialog({ agency, onClose }: { readonly agency: string; readonly onClose: () => void }): ReactNode {
  const { t } = useWords();
  const [draft, change, forget] = useDraft(`certify-${agency}`, FIRST);
  const put = useChange([['agencies'], ['agency', agency]]);
  const { client, operationPublicKey, csr } = draft;
  const description = t('agency.certifyWhat', { client: client.trim(), agency });
  const onSuccess = useDialogDone({ description, forget, onClose });
  const send = (): void =>
    put.mutate(
      {
        method: 'PUT',
        path: `/agencies/${encodeURIComponent(agency)}/clients/${encodeURIComponent(client.trim())}`,
        body: { operationPublicKey: operationPublicKey.trim(), csr: `${csr.trim()}\n` },
        description,
      },
      { onSuccess },
    );
  return (
    <ConfirmDialog
      title={t('agency.certify')}
      confirm={t('agency.certify')}
      isBusy={put.isPending}
      canConfirm={[client, operationPublicKey, csr].every((text) => text.trim() !== '')}
      onConfirm={send}
      onCancel={onClose}
    >
      <ChangeFailed error={put.error} />
      <p>{t('agency.certifyBody')}</p>
      <TextField label={t('agency.programName')} value={client} onChange={(next) => change({ client: next })} isRequired maxLength={63} />
      <TextField
        label={t('agency.operationKey')}
        hint={t('agency.operationKeyHint')}
        value={operationPublicKey}
        onChange={(next) => change({ operationPublicKey: next })}
        isRequired
        maxLength={64}
      />
      <TextField
        label={t('agency.request')}
        hint={t('agency.requestHint')}
        value={csr}
        onChange={(next) => change({ csr: next })}
        isRequired
        rows={6}
        maxLength={4096}
      />
      <p>{t('stepUp.note')}</p>
    </ConfirmDialog>
  );
}
