import type { Change } from './event-stream.ts';

type Key = readonly (string | undefined)[];

/** What is shown of a kind. Keys stand for all that begin with them. */
const SHOWN: Readonly<Record<string, (name: string | undefined) => readonly Key[]>> = {
  LedgerNetwork: (name) => [['networks'], ['network', name], ['inbox'], ['case'], ['waiting-cases']],
  LedgerNode: () => [['network']],
  LedgerOperation: () => [['network']],
  ValidatorChange: () => [['network'], ['inbox']],
  LedgerLink: (name) => [['links'], ['link', name], ['case']],
  Agency: (name) => [['agencies'], ['agency', name], ['me'], ['inbox']],
  AgencyMembership: () => [['agencies'], ['agency'], ['networks'], ['network']],
  LedgerHead: (name) => [
    ['network', name, 'detail'],
    ['ledger', name, 'blocks'],
  ],
  LedgerRecords: (name) => [
    ['case'],
    ['waiting-cases'],
    ['inbox'],
    ['citizen'],
    ['link'],
    ['ledger', name, 'packets'],
    ['ledger', name, 'record'],
  ],
};

/** A busy ledger changes many times a second: what its blocks make stale is read again at most this often, ms. */
const SPACING_MS: Readonly<Record<string, number>> = {
  network: 1000,
  ledger: 2000,
  case: 3000,
  link: 3000,
  inbox: 5000,
  citizen: 5000,
  'waiting-cases': 15_000,
};
const OF_LEDGERS: ReadonlySet<string> = new Set(['LedgerHead', 'LedgerRecords']);

export interface StaleQuery {
  readonly queryKey: readonly string[];
  /** Least time to the reading of it before this one. */
  readonly spacingMs: number;
}

/** Queries that changes make stale, each once, and as soon as the most urgent of the changes asks. */
export function staleQueriesOf(changes: readonly Change[]): readonly StaleQuery[] {
  const found = new Map<string, StaleQuery>();
  for (const { kind, name } of changes) {
    for (const key of SHOWN[kind]?.(name) ?? []) {
      const queryKey = key.filter((part) => part !== undefined);
      const spacingMs = OF_LEDGERS.has(kind) ? (SPACING_MS[queryKey[0] ?? ''] ?? 0) : 0;
      const id = JSON.stringify(queryKey);
      if (spacingMs < (found.get(id)?.spacingMs ?? Number.POSITIVE_INFINITY)) found.set(id, { queryKey, spacingMs });
    }
  }
  return [...found.values()];
}

interface Paced {
  readonly now: readonly (readonly string[])[];
  readonly later: readonly StaleQuery[];
  /** When the first of the later ones is due; infinite without any. */
  readonly nextMs: number;
}

/** Tells what of stale queries is read again now and what when its time has come; remembers when each was read last. */
export function createPacer(): (stale: readonly StaleQuery[], nowMs: number) => Paced {
  const readAtMs = new Map<string, number>();
  return (stale, nowMs) => {
    const urgent = new Map<string, StaleQuery>();
    for (const query of stale) {
      const id = JSON.stringify(query.queryKey);
      if (query.spacingMs < (urgent.get(id)?.spacingMs ?? Number.POSITIVE_INFINITY)) urgent.set(id, query);
    }
    const now: (readonly string[])[] = [];
    const later: StaleQuery[] = [];
    let nextMs = Number.POSITIVE_INFINITY;
    for (const [id, query] of urgent) {
      const dueMs = (readAtMs.get(id) ?? Number.NEGATIVE_INFINITY) + query.spacingMs;
      if (dueMs <= nowMs) {
        now.push(query.queryKey);
        readAtMs.set(id, nowMs);
      } else {
        later.push(query);
        nextMs = Math.min(nextMs, dueMs);
      }
    }
    return { now, later, nextMs };
  };
}
