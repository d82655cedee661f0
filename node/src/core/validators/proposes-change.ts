import { isJsonObject, type Operation } from '@civitas/canon';

const KINDS: ReadonlySet<unknown> = new Set(['addValidator', 'removeValidator', 'rekeyValidator']);

/** Whether an operation would put a change of the validator set before the members. */
export function proposesValidatorChange({ contract, method, args }: Pick<Operation, 'contract' | 'method' | 'args'>): boolean {
  if (method !== 'propose' || contract !== 'network.members@v1') return false;
  const change = args['change'];
  return isJsonObject(change) && KINDS.has(change['kind']);
}
