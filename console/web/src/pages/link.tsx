import type { LinkDetail, Packet } from '@civitas/console-contract';
import { Button } from '@patternfly/react-core';
import { Link, useParams } from '@tanstack/react-router';
import { lazy, type ReactNode, Suspense, useState } from 'react';
import { useLink } from '../api/queries.ts';
import { formatDuration, formatNumber } from '../i18n/format.ts';
import { useWords } from '../i18n/index.ts';
import { type Column, DataTable } from '../ui/data-table.tsx';
import { Facts } from '../ui/facts.tsx';
import { Figure } from '../ui/figure.tsx';
import { Notice } from '../ui/notice.tsx';
import { PageView } from '../ui/page-view.tsx';
import { Section } from '../ui/section.tsx';
import { Empty, LoadingState } from '../ui/states.tsx';
import { StatusLabel } from '../ui/status-label.tsx';
import { AgeText, AgoText } from '../ui/time-text.tsx';
import { Conditions } from './conditions.tsx';
import { FailedPackets } from './failed-packets.tsx';
import { PhaseLabel } from './phase-label.tsx';
import { QueryView } from './query-view.tsx';
import { wordOf } from './words-of.ts';

const PacketProofView = lazy(async () => ({ default: (await import('./packet-proof.tsx')).PacketProofView }));

export function LinkPage(): ReactNode {
  const { name } = useParams({ from: '/links/$name' });
  const { t } = useWords();
  return (
    <PageView title={name} crumbs={[{ label: t('links.title'), link: <Link to="/links">{t('links.title')}</Link> }, { label: name }]}>
      <QueryView query={useLink(name)}>{(link) => <LinkView link={link} />}</QueryView>
    </PageView>
  );
}

function LinkView({ link }: { readonly link: LinkDetail }): ReactNode {
  const { t, language } = useWords();
  const count = (value: number | undefined): string => (value === undefined ? '–' : formatNumber(language, value));
  const [proofOf, setProofOf] = useState<Packet>();
  return (
    <>
      {link.frozen && (
        <Notice tone="bad" title={t('link.frozen')}>
          {t('link.frozenBody')}
        </Notice>
      )}
      {link.paused && <Notice tone="warning" title={t(link.phase === 'Paused' ? 'link.paused' : 'link.pausing')} />}
      {link.drain && <Notice tone="warning" title={t('link.drain')} />}
      {link.silent.length > 0 && <Notice tone="warning" title={t('link.silent', { networks: link.silent.join(', ') })} />}
      <Section title={t('network.now')}>
        <div className="civitas-figures">
          <Figure label={t('networks.phase')}>
            <PhaseLabel phase={link.phase} />
          </Figure>
          <Figure label={t('links.lastSequence')}>{count(link.lastSequence)}</Figure>
          <Figure label={t('links.inFlight')}>{count(link.inFlight)}</Figure>
          <Figure label={t('links.oldest')}>
            <OldestWait link={link} />
          </Figure>
        </div>
      </Section>
      <div className="civitas-cards">
        <Side network={link.from} peer={link.to} side={link.sides.from} />
        <Side network={link.to} peer={link.from} side={link.sides.to} />
      </div>
      <Section title={t('link.packets')}>
        {link.packets.length === 0 ? (
          <Empty title={t('link.noPackets')}>{t('link.noPacketsBody')}</Empty>
        ) : (
          <PacketTable packets={link.packets} onProof={setProofOf} />
        )}
      </Section>
      <Section title={t('failed.title')}>
        {link.failed.length === 0 ? (
          <Empty title={t('failed.none')}>{t('failed.noneBody')}</Empty>
        ) : (
          <FailedPackets packets={link.failed} />
        )}
      </Section>
      {proofOf !== undefined && (
        <Suspense fallback={<LoadingState />}>
          <PacketProofView packet={proofOf} onClose={() => setProofOf(undefined)} />
        </Suspense>
      )}
      <Section title={t('conditions.title')}>
        <Conditions conditions={link.conditions} />
      </Section>
    </>
  );
}

/** From the packets themselves where both ledgers answer: the resource's status is told every half minute at best. */
function OldestWait({ link }: { readonly link: LinkDetail }): ReactNode {
  const { language } = useWords();
  const { packets, silent, inFlight, oldestPendingAgeMs } = link;
  if (packets.length > 0) return <AgeText since={Math.min(...packets.map(({ sentAtUnixMs }) => sentAtUnixMs))} />;
  if (silent.length === 0 || inFlight === 0 || oldestPendingAgeMs === undefined) return '–';
  return formatDuration(language, oldestPendingAgeMs);
}

interface SideProps {
  readonly network: string;
  readonly peer: string;
  readonly side: LinkDetail['sides']['from'];
}

function Side({ network, peer, side }: SideProps): ReactNode {
  const { t, language } = useWords();
  return (
    <Section title={t('link.side', { network })}>
      {side === undefined ? (
        <Empty title={t('link.noSide')} />
      ) : (
        <Facts
          facts={[
            [
              t('link.client', { peer }),
              <StatusLabel key="client" tone={side.clientStatus === 'Active' ? 'good' : 'warning'}>
                {wordOf('client', side.clientStatus)}
              </StatusLabel>,
            ],
            [t('link.clientHeight'), formatNumber(language, side.clientHeight)],
            [t('links.lastSequence'), formatNumber(language, side.lastSequence)],
            [t('links.inFlight'), formatNumber(language, side.inFlight)],
            [t('links.oldest'), side.inFlight === 0 ? '–' : formatDuration(language, side.oldestPendingAgeMs)],
          ]}
        />
      )}
    </Section>
  );
}

/** Packets on their way; `onProof` opens what proves that one was sent. */
export function PacketTable({
  packets,
  onProof,
}: {
  readonly packets: readonly Packet[];
  readonly onProof?: (packet: Packet) => void;
}): ReactNode {
  const { t } = useWords();
  const tone = { 'in-flight': 'working', deferred: 'warning', late: 'bad' } as const;
  const columns: readonly Column<Packet>[] = [
    { key: 'sequence', title: t('packet.sequence'), names: true, cell: ({ network, sequence }) => `${network} ${sequence}` },
    { key: 'peer', title: t('packet.to'), cell: ({ peer }) => peer },
    {
      key: 'state',
      title: t('networks.phase'),
      cell: ({ state }) => <StatusLabel tone={tone[state]}>{t(`packet.state.${state}`)}</StatusLabel>,
    },
    {
      key: 'port',
      title: t('packet.contract'),
      cell: ({ sourcePort, destinationPort }) => <code lang="en">{`${sourcePort} → ${destinationPort}`}</code>,
    },
    { key: 'sent', title: t('packet.sent'), cell: ({ sentAtUnixMs }) => <AgoText at={sentAtUnixMs} /> },
    {
      key: 'timeout',
      title: t('packet.timeout'),
      cell: ({ timeoutUnixMs }) => (timeoutUnixMs === 0 ? '–' : <AgoText at={timeoutUnixMs} />),
    },
    ...(onProof === undefined
      ? []
      : [
          {
            key: 'proof',
            title: t('packet.proof'),
            cell: (packet: Packet) => (
              <Button
                variant="link"
                isInline
                onClick={() => onProof(packet)}
                aria-label={`${t('packet.showProof')}: ${packet.network} ${packet.sequence}`}
              >
                {t('packet.showProof')}
              </Button>
            ),
          },
        ]),
  ];
  return (
    <DataTable
      label={t('link.packets')}
      columns={columns}
      rows={packets}
      keyOf={({ network, peer, sequence }) => `${network} ${peer} ${sequence}`}
    />
  );
}
