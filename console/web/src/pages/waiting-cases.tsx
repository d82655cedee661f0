import type { WaitingCase } from '@civitas/console-contract';
import type { ReactNode } from 'react';
import { useMe, useWaitingCases } from '../api/queries.ts';
import { useWords } from '../i18n/index.ts';
import { type Column, DataTable } from '../ui/data-table.tsx';
import { Notice } from '../ui/notice.tsx';
import { Section } from '../ui/section.tsx';
import { StatusLabel } from '../ui/status-label.tsx';
import { AgoText } from '../ui/time-text.tsx';
import { useActingAgency } from './agency-switch.tsx';
import { useCaseColumns } from './case-columns.tsx';
import { wordOf } from './words-of.ts';

/** Roles in an agency that carry cases on. */
const CARRY_ON: readonly string[] = ['owner', 'operator'];

interface Turn {
  readonly items: readonly WaitingCase[];
  readonly unreachable: readonly string[];
  readonly isWhole: boolean;
}

/** Cases that wait for the person's agencies, or for the one that they act for; none for who may only look. */
export function useOwnTurn(): Turn {
  const mayCarryOn = useMe().data?.organizations.some(({ roles }) => roles.some((role) => CARRY_ON.includes(role))) === true;
  const acting = useActingAgency();
  const { items, unreachable, isWhole } = useWaitingCases(mayCarryOn).data ?? { items: [], unreachable: [], isWhole: true };
  return { items: items.filter(({ agency }) => acting === '' || agency === acting), unreachable, isWhole };
}

/** Cases whose next step somebody here can take; nothing where there is none. */
export function WaitingCases(): ReactNode {
  const { t } = useWords();
  const first = useCaseColumns();
  const { items, unreachable, isWhole } = useOwnTurn();
  if (items.length === 0 && unreachable.length === 0) return null;
  const columns: readonly Column<WaitingCase>[] = [
    ...first,
    { key: 'next', title: t('case.next'), cell: ({ steps }) => steps.map((step) => wordOf('caseStep', step)).join(t('ui.comma')) },
    {
      key: 'status',
      title: t('case.status'),
      cell: ({ status }) => <StatusLabel tone="working">{wordOf('caseStatus', status)}</StatusLabel>,
    },
    { key: 'agency', title: t('agencies.agency'), cell: ({ agency }) => agency },
    { key: 'moved', title: t('cases.movedAt'), cell: ({ movedAt }) => <AgoText at={movedAt} /> },
  ];
  return (
    <Section title={t('cases.waiting', { count: items.length })}>
      {unreachable.length > 0 && <Notice tone="warning" title={t('inbox.unreachable', { networks: unreachable.join(t('ui.comma')) })} />}
      {items.length > 0 && (
        <DataTable
          label={t('cases.waitingTable')}
          columns={columns}
          rows={items}
          keyOf={({ network, id, agency }) => `${network} ${id} ${agency}`}
        />
      )}
      {!isWhole && <p>{t('cases.waitingMore')}</p>}
    </Section>
  );
}
