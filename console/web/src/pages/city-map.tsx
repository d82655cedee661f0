import type { Link as LedgerLink, Network } from '@civitas/console-contract';
import { lazy, type ReactNode, Suspense } from 'react';
import { useLinks, useNetworks } from '../api/queries.ts';
import { useWords } from '../i18n/index.ts';
import { PageView } from '../ui/page-view.tsx';
import { Section } from '../ui/section.tsx';
import { Empty, LoadingState } from '../ui/states.tsx';
import { LinkTable } from './links.tsx';
import { NetworkTable } from './networks.tsx';
import { QueryView } from './query-view.tsx';

const MapView = lazy(async () => ({ default: (await import('./map-view.tsx')).MapView }));

/** The city as a picture, and the same in tables. */
export function CityMapPage(): ReactNode {
  const { t } = useWords();
  const { query: networks } = useNetworks();
  const { query: links } = useLinks();
  return (
    <PageView title={t('map.title')} lead={t('map.lead')}>
      <QueryView query={networks}>
        {(nodes) =>
          nodes.length === 0 ? (
            <Empty title={t('networks.empty')}>{t('networks.emptyBody')}</Empty>
          ) : (
            <QueryView query={links}>{(edges) => <Both networks={nodes} links={edges} />}</QueryView>
          )
        }
      </QueryView>
    </PageView>
  );
}

function Both({ networks, links }: { readonly networks: readonly Network[]; readonly links: readonly LedgerLink[] }): ReactNode {
  const { t } = useWords();
  return (
    <>
      <Suspense fallback={<LoadingState />}>
        <MapView networks={networks} links={links} />
      </Suspense>
      <Section title={t('map.networks')}>
        <NetworkTable networks={networks} />
      </Section>
      <Section title={t('map.links')}>{links.length === 0 ? <Empty title={t('links.empty')} /> : <LinkTable links={links} />}</Section>
    </>
  );
}
