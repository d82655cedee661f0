import type { ReadContext } from './contract.ts';

/** Chain id of a domain's first network in this ledger's city, such as `jincheng-health-1`. */
export function chainIdOf(ctx: Pick<ReadContext, 'city'>, domain: string): string {
  return `${ctx.city}-${domain}-1`;
}

/** Domain of a chain id `<city>-<domain>-<n>`, or '' for another form. */
export function domainOf(chainId: string): string {
  return chainId.split('-').at(-2) ?? '';
}
