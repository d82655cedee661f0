import type { Network, NetworkFigures } from '@civitas/console-contract';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useMe, useNetworkFigures, useNetworks } from '../api/queries.ts';
import { formatDuration, formatNumber } from '../i18n/format.ts';
import { useWords } from '../i18n/index.ts';
import { Figure } from '../ui/figure.tsx';
import { Notice } from '../ui/notice.tsx';
import { PageView } from '../ui/page-view.tsx';
import { Section } from '../ui/section.tsx';
import { Sparkline } from '../ui/sparkline.tsx';
import { Empty } from '../ui/states.tsx';
import { useActingAgency } from './agency-switch.tsx';
import { DashboardLink } from './dashboard-link.tsx';
import { networksOf } from './of-agency.ts';
import { QueryView } from './query-view.tsx';
import { SupportBundle } from './support-bundle.tsx';
import { wordOf } from './words-of.ts';

type Sample = NetworkFigures['samples'][number];

/** The last half hour of every ledger, where no Prometheus is at hand: the same metrics, kept by the console. */
export function StatusPage(): ReactNode {
  const { t } = useWords();
  const { query } = useNetworks();
  const acting = useActingAgency();
  const isAdmin = useMe().data?.isPlatformAdmin === true;
  return (
    <PageView title={t('status.title')} lead={t('status.lead')}>
      <QueryView query={query}>
        {(networks) => {
          const shown = networksOf(acting, networks);
          return shown.length === 0 ? (
            <Empty title={t('networks.empty')}>{t('networks.emptyBody')}</Empty>
          ) : (
            <>
              {shown.map((network) => (
                <NetworkStatus key={network.name} network={network} />
              ))}
            </>
          );
        }}
      </QueryView>
      {isAdmin && <SupportBundle />}
    </PageView>
  );
}

function NetworkStatus({ network: { name, domain, chainId } }: { readonly network: Network }): ReactNode {
  const { t } = useWords();
  const query = useNetworkFigures(name);
  return (
    <Section
      title={`${wordOf('domain', domain)} (${name})`}
      actions={
        <div className="civitas-actions">
          <DashboardLink chainId={chainId} />
          <Link to="/networks/$name" params={{ name }}>
            {t('status.open')}
          </Link>
        </div>
      }
    >
      <QueryView query={query}>
        {({ heard, samples }) => (
          <>
            {!heard && <Notice tone="bad" title={t('status.unheard')} />}
            {samples.length === 0 ? <p>{t('status.noneYet')}</p> : <Lines samples={samples} />}
          </>
        )}
      </QueryView>
    </Section>
  );
}

function Lines({ samples }: { readonly samples: readonly Sample[] }): ReactNode {
  const { t, language } = useWords();
  const number = (value: number): string => formatNumber(language, value);
  const milliseconds = (value: number): string =>
    new Intl.NumberFormat(language, { style: 'unit', unit: 'millisecond', unitDisplay: 'short' }).format(value);
  const duration = (value: number): string => formatDuration(language, value);
  const lines: readonly {
    readonly label: string;
    readonly of: (sample: Sample) => number | undefined;
    readonly show: (value: number) => string;
    readonly top?: number;
  }[] = [
    { label: t('status.operations'), of: (sample) => sample.operationsPerMinute, show: number },
    { label: t('status.blockAge'), of: (sample) => sample.blockAgeMs, show: duration },
    { label: t('status.commit'), of: (sample) => sample.commitMs, show: milliseconds },
    { label: t('status.waiting'), of: (sample) => sample.waiting, show: number },
    { label: t('status.packet'), of: (sample) => sample.oldestPacketMs, show: duration },
    { label: t('status.volume'), of: (sample) => sample.volumeUsedPercent, show: (value) => `${number(value)} %`, top: 100 },
  ];
  return (
    <div className="civitas-cards">
      {lines.map(({ label, of, show, top }) => {
        const values = samples.map(of);
        const last = values.at(-1);
        const told = values.filter((value) => value !== undefined);
        const most = told.length === 0 ? '–' : show(Math.max(...told));
        return (
          <div key={label}>
            <Figure label={label}>{last === undefined ? '–' : show(last)}</Figure>
            <Sparkline values={values} label={t('status.line', { label, most })} top={top} />
          </div>
        );
      })}
    </div>
  );
}
