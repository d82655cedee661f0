import type { SearchHit } from '@civitas/console-contract';
import type { Principal } from '@civitas/identity';
import type { ConsoleContext } from '../context.ts';
import { ProblemError } from '../http/problem-error.ts';
import type { LedgerNetwork } from '../kube/kinds.ts';
import { callLedger } from '../ledger/call-ledger.ts';
import { GLANCE_MS } from '../ledger/limits.ts';
import { isVisible, visibleAgencies } from '../policy/visible.ts';
import { visibleNetworks } from './networks.ts';

const HASH = /^[0-9a-f]{64}$/i;
const HEIGHT = /^[1-9][0-9]{0,14}$/;
const KEY = /^[a-z.]+\/[^/\s]+\/[^\s]+$/;
const HITS_MAX = 50;

async function onLedger(context: ConsoleContext, network: LedgerNetwork, text: string): Promise<readonly SearchHit[]> {
  const { name } = network.metadata;
  const { ledger } = context.ledgers.open(network);
  if (HASH.test(text)) {
    const request = { operationHash: Buffer.from(text, 'hex'), withProof: false, withOperation: false };
    await callLedger(ledger.getReceipt.bind(ledger), request, GLANCE_MS);
    return [{ kind: 'operation', network: name, id: text.toLowerCase(), title: `${text.slice(0, 12).toLowerCase()}… · ${name}` }];
  }
  if (HEIGHT.test(text)) {
    const { height } = await callLedger(ledger.getNetwork.bind(ledger), {}, GLANCE_MS);
    return height < BigInt(text) ? [] : [{ kind: 'block', network: name, id: text, title: `${text} · ${name}` }];
  }
  const { found } = await callLedger(ledger.read.bind(ledger), { key: text, withProof: false, headerHeight: 0n }, GLANCE_MS);
  return found ? [{ kind: 'record', network: name, id: text, title: `${text} · ${name}` }] : [];
}

/** What of the resources that somebody may see has a name with this text in it. */
async function byName(context: ConsoleContext, principal: Principal, text: string): Promise<readonly SearchHit[]> {
  const wanted = text.toLowerCase();
  const visible = visibleAgencies(principal);
  const networks = await visibleNetworks(context, principal);
  const names = new Set(networks.map(({ metadata }) => metadata.name));
  const found = networks
    .filter(({ metadata, spec }) => metadata.name.includes(wanted) || spec.chainId.includes(wanted))
    .map(({ metadata, spec }): SearchHit => ({ kind: 'network', id: metadata.name, title: `${metadata.name} · ${spec.chainId}` }));
  const agencies = context.caches.agencies.store
    .list()
    .filter(({ metadata }) => isVisible(visible, [metadata.name]))
    .filter(({ metadata, spec }) => `${metadata.name} ${spec.displayName.en} ${spec.displayName.zh}`.toLowerCase().includes(wanted))
    .map(
      ({ metadata, spec }): SearchHit => ({ kind: 'agency', id: metadata.name, title: `${spec.displayName.zh} · ${spec.displayName.en}` }),
    );
  const links = context.caches.links.store
    .list()
    .filter(({ metadata, spec }) => metadata.name.includes(wanted) && (names.has(spec.from) || names.has(spec.to)))
    .map(({ metadata, spec }): SearchHit => ({ kind: 'link', id: metadata.name, title: `${spec.from} ↔ ${spec.to}` }));
  return [...found, ...agencies, ...links];
}

/** Finds by what the text looks like: a hash, a height, the key of a record, else a name. Ledgers that do not answer are passed over. */
export async function search(context: ConsoleContext, principal: Principal, text: string): Promise<readonly SearchHit[]> {
  const trimmed = text.trim();
  const named = trimmed === '' ? [] : await byName(context, principal, trimmed);
  if (!HASH.test(trimmed) && !HEIGHT.test(trimmed) && !KEY.test(trimmed)) return named.slice(0, HITS_MAX);
  const networks = await visibleNetworks(context, principal);
  const looked = await Promise.all(
    networks.map((network) =>
      onLedger(context, network, trimmed).catch((error: unknown) => {
        if (error instanceof ProblemError) return [];
        throw error;
      }),
    ),
  );
  return [...looked.flat(), ...named].slice(0, HITS_MAX);
}
