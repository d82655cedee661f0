import type { Link as LedgerLink, Network } from '@civitas/console-contract';
import { Button } from '@patternfly/react-core';
import { useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type ReactNode, useEffect } from 'react';
import { useConnection, useLiveChanges } from '../api/live.ts';
import { useLinks, useNetwork, useNetworks } from '../api/queries.ts';
import { formatDuration, formatNumber } from '../i18n/format.ts';
import { useWords } from '../i18n/index.ts';
import { forceDark } from '../theme.ts';
import { Figure } from '../ui/figure.tsx';
import { Notice } from '../ui/notice.tsx';
import { Section } from '../ui/section.tsx';
import { Empty } from '../ui/states.tsx';
import { TimeText } from '../ui/time-text.tsx';
import { useConfig } from './config-context.ts';
import { PhaseLabel } from './phase-label.tsx';
import { QueryView } from './query-view.tsx';
import { toneOfPhase } from './tones.ts';
import { wordOf } from './words-of.ts';

const isWell = ({ phase }: { readonly phase: string }): boolean => toneOfPhase(phase) === 'good';

/** The city on a wall: dark, nothing to change, current by itself. */
export function WallPage(): ReactNode {
  const { t, language } = useWords();
  const { city } = useConfig();
  useLiveChanges(useQueryClient());
  useEffect(forceDark, []);
  const networks = useNetworks().query;
  const links = useLinks().query;
  const title = t('wall.title', { city: language === 'en' ? city.displayName.en : city.displayName.zh });
  return (
    <main className="civitas-wall">
      <header className="civitas-spread">
        <h1>{title}</h1>
        <div className="civitas-actions">
          <Button variant="link" onClick={() => void document.documentElement.requestFullscreen()}>
            {t('wall.full')}
          </Button>
          <Link to="/">{t('wall.leave')}</Link>
        </div>
      </header>
      <Lost />
      <QueryView query={networks}>
        {(shown) =>
          shown.length === 0 ? (
            <Empty title={t('networks.empty')}>{t('networks.emptyBody')}</Empty>
          ) : (
            <>
              <InShort networks={shown} links={links.data ?? []} atUnixMs={networks.dataUpdatedAt} />
              <div className="civitas-cards">
                {shown.map((network) => (
                  <NetworkTile key={network.name} network={network} />
                ))}
              </div>
              <div className="civitas-cards">
                {(links.data ?? []).map((link) => (
                  <LinkTile key={link.name} link={link} />
                ))}
              </div>
            </>
          )
        }
      </QueryView>
    </main>
  );
}

function Lost(): ReactNode {
  const { t } = useWords();
  return <div role="status">{useConnection() === 'lost' && <Notice tone="bad" title={t('shell.lost')} />}</div>;
}

interface InShortProps {
  readonly networks: readonly Network[];
  readonly links: readonly LedgerLink[];
  readonly atUnixMs: number;
}

function InShort({ networks, links, atUnixMs }: InShortProps): ReactNode {
  const { t, language } = useWords();
  const oldestMs = Math.max(0, ...links.map(({ inFlight, oldestPendingAgeMs }) => (inFlight === 0 ? 0 : (oldestPendingAgeMs ?? 0))));
  const ofAll = (items: readonly { readonly phase: string }[]): string =>
    t('wall.ofAll', { count: items.filter(isWell).length, all: items.length });
  return (
    <div className="civitas-figures">
      <Figure label={t('wall.wellNetworks')}>{ofAll(networks)}</Figure>
      <Figure label={t('wall.wellLinks')}>{ofAll(links)}</Figure>
      <Figure label={t('wall.waits')}>{oldestMs === 0 ? '–' : formatDuration(language, oldestMs)}</Figure>
      <Figure label={t('wall.seen')}>
        <TimeText at={atUnixMs} />
      </Figure>
    </div>
  );
}

function NetworkTile({ network: { name, domain, phase, height, validators } }: { readonly network: Network }): ReactNode {
  const { t, language } = useWords();
  const live = useNetwork(name).data?.live?.height ?? height;
  const count = (value: number | undefined): string => (value === undefined ? '–' : formatNumber(language, value));
  return (
    <Section title={`${wordOf('domain', domain)} (${name})`}>
      <div className="civitas-figures">
        <Figure label={t('networks.phase')}>
          <PhaseLabel phase={phase} />
        </Figure>
        <Figure label={t('networks.height')}>{count(live)}</Figure>
        <Figure label={t('networks.validators')}>{validators === undefined ? '–' : `${validators.ready}/${validators.inSet}`}</Figure>
        <Figure label={t('networks.spare')}>{count(validators?.spareFaults)}</Figure>
      </div>
    </Section>
  );
}

function LinkTile({ link: { from, to, phase, inFlight } }: { readonly link: LedgerLink }): ReactNode {
  const { t, language } = useWords();
  return (
    <Section title={`${from} ↔ ${to}`}>
      <div className="civitas-figures">
        <Figure label={t('networks.phase')}>
          <PhaseLabel phase={phase} />
        </Figure>
        <Figure label={t('links.inFlight')}>{inFlight === undefined ? '–' : formatNumber(language, inFlight)}</Figure>
      </div>
    </Section>
  );
}
