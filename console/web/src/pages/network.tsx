import type { NetworkDetail } from '@civitas/console-contract';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useMe, useNetwork, useNetworkEvents, useNetworkYaml } from '../api/queries.ts';
import { formatNumber } from '../i18n/format.ts';
import { useWords } from '../i18n/index.ts';
import { CodeView } from '../ui/code-view.tsx';
import { DataTable } from '../ui/data-table.tsx';
import { Facts } from '../ui/facts.tsx';
import { Figure } from '../ui/figure.tsx';
import { Notice } from '../ui/notice.tsx';
import { PageView } from '../ui/page-view.tsx';
import { Section } from '../ui/section.tsx';
import { Empty } from '../ui/states.tsx';
import { StatusLabel } from '../ui/status-label.tsx';
import { TabView } from '../ui/tab-view.tsx';
import { AgoText, TimeText } from '../ui/time-text.tsx';
import { ApprovalControl, mayBeApproved } from './approval-control.tsx';
import { Conditions } from './conditions.tsx';
import { NodeTable } from './node-table.tsx';
import { PhaseLabel } from './phase-label.tsx';
import { QueryView } from './query-view.tsx';
import { sentenceOf, wordOf } from './words-of.ts';

export function NetworkPage(): ReactNode {
  const { name } = useParams({ from: '/networks/$name' });
  const { tab } = useSearch({ from: '/networks/$name' });
  const navigate = useNavigate({ from: '/networks/$name' });
  const { t } = useWords();
  const query = useNetwork(name);
  return (
    <PageView
      title={name}
      crumbs={[{ label: t('networks.title'), link: <Link to="/networks">{t('networks.title')}</Link> }, { label: name }]}
    >
      <QueryView query={query}>
        {(network) => (
          <TabView
            label={t('network.parts')}
            active={tab ?? 'overview'}
            onOpen={(next) => void navigate({ search: next === 'overview' ? {} : { tab: next }, replace: true })}
            tabs={[
              { key: 'overview', title: t('network.overview'), body: () => <Overview network={network} /> },
              { key: 'nodes', title: t('network.nodes'), body: () => <NodeTable nodes={network.nodes} /> },
              { key: 'members', title: t('network.members'), body: () => <Members network={network} /> },
              { key: 'events', title: t('network.events'), body: () => <Events name={name} /> },
              { key: 'yaml', title: t('network.yaml'), body: () => <Yaml name={name} /> },
            ]}
          />
        )}
      </QueryView>
    </PageView>
  );
}

function Overview({ network }: { readonly network: NetworkDetail }): ReactNode {
  const { t, language } = useWords();
  const { validators, live, certificates, lastVerifiedBackup, storage, endpoints } = network;
  const height = live?.height ?? network.height;
  return (
    <>
      <Health network={network} />
      <Section title={t('network.now')}>
        <div className="civitas-figures">
          <Figure label={t('networks.phase')}>
            <PhaseLabel phase={network.phase} />
          </Figure>
          <Figure label={t('networks.height')}>{height === undefined ? '–' : formatNumber(language, height)}</Figure>
          <Figure label={t('networks.validators')}>{validators === undefined ? '–' : `${validators.ready}/${validators.inSet}`}</Figure>
          <Figure label={t('networks.spare')}>{validators === undefined ? '–' : formatNumber(language, validators.spareFaults)}</Figure>
        </div>
        {live === undefined && <Notice tone="warning" title={t('network.notLive')} />}
      </Section>
      <Section title={t('conditions.title')}>
        <Conditions conditions={network.conditions} />
      </Section>
      <Section title={t('network.facts')}>
        <Facts
          facts={[
            [t('networks.domain'), wordOf('domain', network.domain)],
            [t('network.chainId'), <code key="chain">{network.chainId}</code>],
            [t('networks.engine'), network.engine === undefined ? undefined : wordOf('engine', network.engine)],
            [t('network.release'), network.release],
            [t('network.genesis'), network.genesisHash === undefined ? undefined : <code key="genesis">{network.genesisHash}</code>],
            [t('network.blockTime'), live === undefined ? undefined : <TimeText key="time" at={live.timeUnixMs} />],
            [
              t('network.certificates'),
              certificates === undefined ? undefined : (
                <span key="certificates">
                  <TimeText at={certificates.earliestExpiry} /> (<AgoText at={certificates.earliestExpiry} />, {certificates.node})
                </span>
              ),
            ],
            [
              t('network.backup'),
              lastVerifiedBackup === undefined ? (
                t('network.noBackup')
              ) : (
                <span key="backup">
                  <AgoText at={lastVerifiedBackup.time} /> · {t('network.backupAt', { height: lastVerifiedBackup.height })}
                </span>
              ),
            ],
            [
              t('network.storage'),
              storage === undefined ? undefined : t('network.storageUsed', { percent: storage.usedPercent, node: storage.node }),
            ],
            [t('network.gateway'), endpoints === undefined ? undefined : <code key="grpc">{endpoints.grpc}</code>],
          ]}
        />
      </Section>
    </>
  );
}

/** What people need to know first: whether it commits, how many faults it survives, and why a roll-out waits. */
function Health({ network }: { readonly network: NetworkDetail }): ReactNode {
  const { t, language } = useWords();
  const { validators, rollout } = network;
  const deferred = rollout?.deferredReason;
  return (
    <>
      {validators !== undefined && <QuorumNotice validators={validators} />}
      {deferred !== undefined && (
        <Notice tone="info" title={t('network.rolloutWaits', { step: rollout?.step ?? '' })}>
          {sentenceOf({ reason: deferred, message: '' }, language)}
        </Notice>
      )}
      <NobodyApproves network={network} />
      {network.paused && <Notice tone="warning" title={t('network.paused')} />}
      {network.hibernated && <Notice tone="warning" title={t('network.hibernated')} />}
    </>
  );
}

function NobodyApproves({ network }: { readonly network: NetworkDetail }): ReactNode {
  const { t } = useWords();
  const founders = network.members.filter(({ founder }) => founder);
  if (network.genesisHash !== undefined || founders.length === 0 || founders.some(mayBeApproved)) return null;
  return (
    <Notice tone="warning" title={t('approval.nobody')}>
      {t('approval.nobodyBody')}
    </Notice>
  );
}

function QuorumNotice({ validators }: { readonly validators: NonNullable<NetworkDetail['validators']> }): ReactNode {
  const { t } = useWords();
  const { ready, inSet, quorum, spareFaults, faultTolerance } = validators;
  const facts = { ready, inSet, quorum, spare: spareFaults };
  if (ready < quorum) return <Notice tone="bad" title={t('quorum.lost', facts)} />;
  if (faultTolerance === 0) return <Notice tone="info" title={t('quorum.one', facts)} />;
  if (spareFaults === 0) return <Notice tone="warning" title={t('quorum.none', facts)} />;
  return <Notice tone="good" title={t('quorum.spare', facts)} />;
}

function Members({ network }: { readonly network: NetworkDetail }): ReactNode {
  const { t } = useWords();
  const isAdmin = useMe().data?.isPlatformAdmin === true;
  if (network.members.length === 0) return <Empty title={t('network.noMembers')} />;
  return (
    <DataTable
      label={t('network.members')}
      rows={network.members}
      keyOf={({ agency }) => agency}
      columns={[
        {
          key: 'agency',
          title: t('agencies.agency'),
          names: true,
          cell: ({ agency }) => (
            <Link to="/agencies/$name" params={{ name: agency }}>
              {agency}
            </Link>
          ),
        },
        {
          key: 'roles',
          title: t('agency.ledgerRoles'),
          cell: ({ roles }) => roles.map((role) => wordOf('ledgerRole', role)).join(t('ui.comma')),
        },
        { key: 'state', title: t('networks.phase'), cell: ({ state }) => <PhaseLabel phase={state} /> },
        {
          key: 'approves',
          title: t('agencies.approval'),
          cell: (member) =>
            member.founder ? <ApprovalControl agency={member.agency} approval={member} mayChange={isAdmin} /> : t('agency.founder.no'),
        },
      ]}
    />
  );
}

function Events({ name }: { readonly name: string }): ReactNode {
  const { t, language } = useWords();
  const { query, onMore } = useNetworkEvents(name);
  return (
    <QueryView query={query}>
      {(events) =>
        events.length === 0 ? (
          <Empty title={t('network.noEvents')} />
        ) : (
          <DataTable
            label={t('network.events')}
            rows={events}
            keyOf={(event) => `${event.object} ${event.reason} ${event.firstAt} ${event.lastAt}`}
            onMore={onMore}
            columns={[
              { key: 'last', title: t('events.last'), cell: ({ lastAt }) => <AgoText at={lastAt} /> },
              {
                key: 'type',
                title: t('events.type'),
                cell: ({ type }) => (
                  <StatusLabel tone={type === 'Warning' ? 'warning' : 'neutral'}>
                    {t(type === 'Warning' ? 'events.warning' : 'events.normal')}
                  </StatusLabel>
                ),
              },
              { key: 'object', title: t('events.object'), names: true, cell: ({ object }) => <code lang="en">{object}</code> },
              {
                key: 'what',
                title: t('events.what'),
                cell: (event) => (
                  <span lang="en">
                    {language === 'en' ? '' : `${event.reason}: `}
                    {event.message}
                  </span>
                ),
              },
              { key: 'count', title: t('events.count'), cell: ({ count }) => count },
            ]}
          />
        )
      }
    </QueryView>
  );
}

function Yaml({ name }: { readonly name: string }): ReactNode {
  const { t } = useWords();
  return (
    <QueryView query={useNetworkYaml(name)}>
      {({ yaml, kubectl }) => (
        <>
          <CodeView label={t('network.kubectl')} text={kubectl} />
          <CodeView label={t('network.yaml')} text={yaml} />
        </>
      )}
    </QueryView>
  );
}
