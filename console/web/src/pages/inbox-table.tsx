import type { InboxItem } from '@civitas/console-contract';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useWords } from '../i18n/index.ts';
import { type Column, DataTable } from '../ui/data-table.tsx';
import { StatusLabel } from '../ui/status-label.tsx';
import { AgoText } from '../ui/time-text.tsx';
import { wordOf } from './words-of.ts';

interface InboxTableProps {
  readonly items: readonly InboxItem[];
  /** What can be done with an item, where it is done here. */
  readonly actionOf?: (item: InboxItem) => ReactNode;
}

/** What waits: who must act, since when, until when, and what it is about. */
export function InboxTable({ items, actionOf }: InboxTableProps): ReactNode {
  const { t } = useWords();
  const columns: readonly Column<InboxItem>[] = [
    { key: 'what', title: t('inbox.what'), names: true, cell: (item) => <ItemTitle item={item} /> },
    {
      key: 'kind',
      title: t('inbox.kind'),
      cell: ({ kind }) => (
        <StatusLabel tone={kind === 'certificate' || kind === 'condition' ? 'warning' : 'working'}>{t(`inbox.kind.${kind}`)}</StatusLabel>
      ),
    },
    {
      key: 'who',
      title: t('inbox.who'),
      cell: ({ agency, proposal }) => proposal?.mayApprove.join(t('ui.comma')) ?? agency ?? t('home.platform'),
    },
    {
      key: 'progress',
      title: t('inbox.progress'),
      cell: ({ proposal }) =>
        proposal === undefined ? '–' : t('inbox.approvals', { given: proposal.approvals.length, needed: proposal.approvalsNeeded }),
    },
    { key: 'since', title: t('inbox.since'), cell: ({ since }) => <AgoText at={since} /> },
    { key: 'deadline', title: t('inbox.deadline'), cell: ({ deadline }) => (deadline === undefined ? '–' : <AgoText at={deadline} />) },
    ...(actionOf === undefined ? [] : [{ key: 'action', title: t('inbox.action'), cell: actionOf }]),
  ];
  return <DataTable label={t('inbox.title')} columns={columns} rows={items} keyOf={({ id }) => id} />;
}

/** What waits, in the person's language, made from the facts. */
function ItemTitle({ item }: { readonly item: InboxItem }): ReactNode {
  const { t, language } = useWords();
  const { proposal, network, agency, kind } = item;
  if (proposal !== undefined) {
    return t('inbox.title.proposal', { what: wordOf('proposal', proposal.kind), subject: proposal.subject, network: proposal.network });
  }
  const words =
    language === 'en'
      ? item.title
      : t(`inbox.title.${kind === 'proposal' ? 'condition' : kind}`, {
          resource: item.resource,
          network: network ?? '',
          agency: agency ?? '',
        });
  if (network !== undefined) {
    return (
      <Link to="/networks/$name" params={{ name: network }}>
        {words}
      </Link>
    );
  }
  if (agency === undefined) return words;
  return (
    <Link to="/agencies/$name" params={{ name: agency }}>
      {words}
    </Link>
  );
}
