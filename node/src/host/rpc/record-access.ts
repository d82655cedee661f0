import { accept, type Result, refuse, utf8Encode } from '@civitas/canon';
import type { Contract } from '@civitas/contracts';
import { STATE_KEY_BYTES_MAX } from './limits.ts';

/** Records of the ledger itself: membership, validators and links hold nothing but public facts and hashes. */
const SYSTEM_SPACES: ReadonlySet<string> = new Set(['network.members', 'network.validators', 'links', 'ledger']);

/**
 * Whether an organisation may read a record by its key.
 *
 * @param roles that the organisation holds on this ledger.
 * @returns MALFORMED for what is no key, NOT_FOUND for a contract or collection that is not here, else NOT_AUTHORISED.
 */
export function checkRecordAccess(contracts: readonly Contract[], key: string, roles: readonly string[]): Result<true> {
  if (key === '' || utf8Encode(key).length > STATE_KEY_BYTES_MAX)
    return refuse('MALFORMED', { field: 'key', expected: `1 … ${STATE_KEY_BYTES_MAX} bytes` });
  const [space = '', collection = ''] = key.split('/');
  if (SYSTEM_SPACES.has(space)) return accept(true);
  const contract = contracts.find(({ name }) => name === space);
  const recordClass = contract?.collections[collection];
  if (recordClass === undefined) return refuse('NOT_FOUND', { contract: space, collection });
  const { readableBy } = recordClass;
  if (readableBy === 'members') return accept(true);
  if (readableBy !== 'views' && readableBy.some((role) => role === 'member' || roles.includes(role))) return accept(true);
  return refuse('NOT_AUTHORISED', { key: `${space}/${collection}`, expected: readableBy === 'views' ? 'a view' : [...readableBy] });
}

/** Whether an organisation hears a contract's events: it may read one of its collections, or may act in or look into it. */
export function mayHearEvents(contracts: readonly Contract[], name: string, roles: readonly string[]): boolean {
  const contract = contracts.find((candidate) => candidate.name === name);
  if (contract === undefined) return SYSTEM_SPACES.has(name);
  const holds = (wanted: readonly string[]): boolean => wanted.some((role) => role === '*' || role === 'member' || roles.includes(role));
  const reads = Object.values(contract.collections).some(({ readableBy }) => {
    return readableBy === 'members' || (readableBy !== 'views' && holds(readableBy));
  });
  const calls = [...Object.values(contract.methods), ...Object.values(contract.views)];
  return reads || calls.some(({ roles: wanted }) => holds(wanted));
}
