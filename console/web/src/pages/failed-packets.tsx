import type { FailedPacket } from '@civitas/console-contract';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { findWords, useWords } from '../i18n/index.ts';
import { type Column, DataTable } from '../ui/data-table.tsx';
import { StatusLabel } from '../ui/status-label.tsx';
import { AgoText } from '../ui/time-text.tsx';

/** Why a packet failed: in words, then the receiver's own code and rule, which its reference explains. */
function Reason({ packet }: { readonly packet: FailedPacket }): ReactNode {
  const { t } = useWords();
  const { end, code, reason, retriable, senderFault } = packet;
  const isTimedOut = end === 'not-received' || end === 'not-answered';
  const words = isTimedOut ? t(`failed.why.${end}`) : (findWords(`refusal.${code}`) ?? t('refusal.other'));
  return (
    <>
      {words} {code !== '' && <code lang="en">{reason === '' ? code : `${code} ${reason}`}</code>}
      {retriable && ` ${t('failed.retriable')}`}
      {senderFault !== '' && (
        <div>
          {t('failed.senderFault')} <code lang="en">{senderFault}</code>
        </div>
      )}
    </>
  );
}

/** Packets that failed, with how, why and the operation whose receipt proves it. */
export function FailedPackets({ packets }: { readonly packets: readonly FailedPacket[] }): ReactNode {
  const { t } = useWords();
  const columns: readonly Column<FailedPacket>[] = [
    { key: 'sequence', title: t('packet.sequence'), names: true, cell: ({ network, sequence }) => `${network} ${sequence}` },
    { key: 'peer', title: t('packet.to'), cell: ({ peer }) => peer },
    {
      key: 'port',
      title: t('packet.contract'),
      cell: ({ sourcePort, destinationPort }) => <code lang="en">{`${sourcePort} → ${destinationPort}`}</code>,
    },
    { key: 'ended', title: t('failed.ended'), cell: ({ endedAtUnixMs }) => <AgoText at={endedAtUnixMs} /> },
    {
      key: 'how',
      title: t('failed.how'),
      cell: ({ end }) => <StatusLabel tone={end === 'refused' ? 'bad' : 'warning'}>{t(`failed.end.${end}`)}</StatusLabel>,
    },
    { key: 'why', title: t('failed.why'), cell: (packet) => <Reason packet={packet} /> },
    {
      key: 'proof',
      title: t('failed.proof'),
      cell: ({ network, sequence, operation }) => (
        <Link
          to="/explorer/$network/operations/$hash"
          params={{ network, hash: operation }}
          aria-label={t('failed.operationOf', { network, sequence })}
        >
          {t('failed.operation')}
        </Link>
      ),
    },
  ];
  return (
    <DataTable
      label={t('failed.title')}
      columns={columns}
      rows={packets}
      keyOf={({ network, peer, sequence }) => `${network} ${peer} ${sequence}`}
    />
  );
}
