import type { Change } from './event-stream.ts';

/** What is shown of a kind. */
const SHOWN: Readonly<Record<string, (name: string | undefined) => readonly (readonly (string | undefined)[])[]>> = {
  LedgerNetwork: (name) => [['networks'], ['network', name], ['inbox'], ['case']],
  LedgerNode: () => [['network']],
  LedgerOperation: () => [['network']],
  ValidatorChange: () => [['network'], ['inbox']],
  LedgerLink: (name) => [['links'], ['link', name], ['case']],
  Agency: (name) => [['agencies'], ['agency', name], ['me'], ['inbox']],
  AgencyMembership: () => [['agencies'], ['agency'], ['networks'], ['network']],
};

/** Keys of the queries that changes make stale, each once. */
export function queryKeysOf(changes: readonly Change[]): readonly (readonly string[])[] {
  const keys = changes.flatMap(({ kind, name }) => SHOWN[kind]?.(name) ?? []).map((key) => key.filter((part) => part !== undefined));
  return [...new Map(keys.map((key) => [JSON.stringify(key), key])).values()];
}
