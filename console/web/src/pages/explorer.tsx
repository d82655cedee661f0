import type { Block, Packet, SearchHit } from '@civitas/console-contract';
import { Button, Form } from '@patternfly/react-core';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { type FormEvent, type ReactNode, useState } from 'react';
import { useBlocks, useNetworks, usePackets, useSearch as useSearchHits } from '../api/queries.ts';
import { formatNumber } from '../i18n/format.ts';
import { useWords } from '../i18n/index.ts';
import { type Column, DataTable } from '../ui/data-table.tsx';
import { ChoiceField, TextField } from '../ui/fields.tsx';
import { PageView } from '../ui/page-view.tsx';
import { Section } from '../ui/section.tsx';
import { Empty } from '../ui/states.tsx';
import { TimeText } from '../ui/time-text.tsx';
import type { Cell } from './csv.ts';
import { CsvButton } from './csv-button.tsx';
import { PacketTable } from './link.tsx';
import { QueryView } from './query-view.tsx';
import { wordOf } from './words-of.ts';

const isoOf = (unixMs: number): string => new Date(unixMs).toISOString();

const BLOCK_COLUMNS: Readonly<Record<string, (block: Block) => Cell>> = {
  height: ({ height }) => height,
  time: ({ timeUnixMs }) => isoOf(timeUnixMs),
  operations: ({ operationCount }) => operationCount,
  hash: ({ hash }) => hash,
  appHash: ({ appHash }) => appHash,
  bytes: ({ blockBytes }) => blockBytes,
};

const PACKET_COLUMNS: Readonly<Record<string, (packet: Packet) => Cell>> = {
  network: ({ network }) => network,
  peer: ({ peer }) => peer,
  sequence: ({ sequence }) => sequence,
  state: ({ state }) => state,
  sourcePort: ({ sourcePort }) => sourcePort,
  destinationPort: ({ destinationPort }) => destinationPort,
  sentAtHeight: ({ sentAtHeight }) => sentAtHeight,
  sentAt: ({ sentAtUnixMs }) => isoOf(sentAtUnixMs),
  timeout: ({ timeoutUnixMs }) => (timeoutUnixMs === 0 ? '' : isoOf(timeoutUnixMs)),
};

/** What the ledgers hold: blocks, operations, packets, and a search over all of them. */
export function ExplorerPage(): ReactNode {
  const { q = '', network: wanted } = useSearch({ from: '/explorer' });
  const navigate = useNavigate({ from: '/explorer' });
  const { t } = useWords();
  const { query } = useNetworks();
  return (
    <PageView title={t('explorer.title')} lead={t('explorer.lead')}>
      <SearchBox q={q} />
      {q !== '' && <Hits q={q} />}
      <QueryView query={query}>
        {(networks) => {
          const network = networks.find(({ name }) => name === wanted)?.name ?? networks[0]?.name;
          if (network === undefined) return <Empty title={t('networks.empty')}>{t('networks.emptyBody')}</Empty>;
          return (
            <>
              <div className="civitas-form">
                <ChoiceField
                  label={t('explorer.network')}
                  value={network}
                  choices={networks.map(({ name, domain }) => ({ value: name, label: `${wordOf('domain', domain)} (${name})` }))}
                  onChange={(next) => void navigate({ search: { ...(q === '' ? {} : { q }), network: next }, replace: true })}
                />
              </div>
              <Blocks network={network} />
              <Packets network={network} />
            </>
          );
        }}
      </QueryView>
    </PageView>
  );
}

function SearchBox({ q }: { readonly q: string }): ReactNode {
  const { t } = useWords();
  const navigate = useNavigate({ from: '/explorer' });
  const [text, setText] = useState(q);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    void navigate({
      search: (before) => ({
        ...(before.network === undefined ? {} : { network: before.network }),
        ...(text.trim() === '' ? {} : { q: text.trim() }),
      }),
    });
  };
  return (
    <Form role="search" className="civitas-form" onSubmit={submit}>
      <TextField
        label={t('explorer.search')}
        hint={t('explorer.searchHint')}
        type="search"
        value={text}
        onChange={setText}
        maxLength={128}
      />
      <div>
        <Button type="submit" variant="secondary">
          {t('explorer.find')}
        </Button>
      </div>
    </Form>
  );
}

function Hits({ q }: { readonly q: string }): ReactNode {
  const { t } = useWords();
  return (
    <Section title={t('explorer.hits')}>
      <QueryView query={useSearchHits(q)}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title={t('explorer.noHits', { q })} />
          ) : (
            <DataTable
              label={t('explorer.hits')}
              rows={items}
              keyOf={({ kind, network, id }) => `${kind} ${network ?? ''} ${id}`}
              columns={[
                { key: 'what', title: t('inbox.what'), names: true, cell: (hit) => <HitLink hit={hit} /> },
                { key: 'kind', title: t('inbox.kind'), cell: ({ kind }) => t(`explorer.kind.${kind}`) },
                { key: 'network', title: t('networks.name'), cell: ({ network }) => network ?? '–' },
              ]}
            />
          )
        }
      </QueryView>
    </Section>
  );
}

function HitLink({ hit: { kind, network = '', id } }: { readonly hit: SearchHit }): ReactNode {
  const text = <code lang="en">{id}</code>;
  switch (kind) {
    case 'block':
      return (
        <Link to="/explorer/$network/blocks/$height" params={{ network, height: id }}>
          {text}
        </Link>
      );
    case 'operation':
      return (
        <Link to="/explorer/$network/operations/$hash" params={{ network, hash: id }}>
          {text}
        </Link>
      );
    case 'network':
      return (
        <Link to="/networks/$name" params={{ name: id }}>
          {text}
        </Link>
      );
    case 'agency':
      return (
        <Link to="/agencies/$name" params={{ name: id }}>
          {text}
        </Link>
      );
    case 'link':
      return (
        <Link to="/links/$name" params={{ name: id }}>
          {text}
        </Link>
      );
    case 'record':
      return (
        <Link to="/explorer/$network/record" params={{ network }} search={{ key: id }}>
          {text}
        </Link>
      );
  }
}

function Blocks({ network }: { readonly network: string }): ReactNode {
  const { t, language } = useWords();
  const { query, onMore } = useBlocks(network);
  const columns: readonly Column<Block>[] = [
    {
      key: 'height',
      title: t('networks.height'),
      names: true,
      cell: ({ height }) => (
        <Link to="/explorer/$network/blocks/$height" params={{ network, height: String(height) }}>
          {formatNumber(language, height)}
        </Link>
      ),
    },
    { key: 'time', title: t('network.blockTime'), cell: ({ timeUnixMs }) => <TimeText at={timeUnixMs} /> },
    { key: 'operations', title: t('explorer.operations'), cell: ({ operationCount }) => formatNumber(language, operationCount) },
    { key: 'hash', title: t('explorer.hash'), cell: ({ hash }) => <code lang="en">{hash.slice(0, 16)}…</code> },
  ];
  return (
    <Section
      title={t('explorer.blocks')}
      actions={<CsvButton label={t('explorer.blocks')} fileName={`${network}-blocks`} rows={query.data ?? []} columns={BLOCK_COLUMNS} />}
    >
      <QueryView query={query}>
        {(blocks) =>
          blocks.length === 0 ? (
            <Empty title={t('explorer.noBlocks')} />
          ) : (
            <DataTable
              label={t('explorer.blocks')}
              columns={columns}
              rows={blocks}
              keyOf={({ height }) => String(height)}
              onMore={onMore}
            />
          )
        }
      </QueryView>
    </Section>
  );
}

function Packets({ network }: { readonly network: string }): ReactNode {
  const { t } = useWords();
  const query = usePackets(network);
  return (
    <Section
      title={t('link.packets')}
      actions={
        <CsvButton label={t('link.packets')} fileName={`${network}-packets`} rows={query.data?.items ?? []} columns={PACKET_COLUMNS} />
      }
    >
      <QueryView query={query}>
        {({ items }) =>
          items.length === 0 ? <Empty title={t('link.noPackets')}>{t('link.noPacketsBody')}</Empty> : <PacketTable packets={items} />
        }
      </QueryView>
    </Section>
  );
}
