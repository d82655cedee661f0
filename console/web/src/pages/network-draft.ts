import type { NewNetwork } from '@civitas/console-contract';
import { rolesIn } from './agency-draft.ts';
import { ledgerRolesOf } from './ledger-roles.ts';

/** What the wizard is filled with, as text fields hold it; empty leaves the choice to CityConfig. */
export interface NetworkDraft {
  readonly name: string;
  readonly domain: string;
  readonly chainId: string;
  /** Each as `agency` or `agency:role,role`. */
  readonly founders: readonly string[];
  readonly engine: string;
  readonly validators: string;
  readonly agency: string;
  readonly approvalThreshold: string;
  readonly allowDowntime: boolean;
  readonly storageSize: string;
}

export const FIRST_NETWORK_DRAFT: NetworkDraft = {
  name: '',
  domain: 'health',
  chainId: '',
  founders: [],
  engine: '',
  validators: '',
  agency: '',
  approvalThreshold: '',
  allowDowntime: false,
  storageSize: '',
};

export const DOMAINS = ['city', 'health', 'housing', 'courts', 'transport'] as const;
export const ENGINES = ['embedded', 'cometbft'] as const;

export function isChainId(text: string): boolean {
  return /^[a-z0-9]+(-[a-z0-9]+)*-[1-9][0-9]*$/.test(text) && text.length <= 50;
}

/** A count from 1 to 100, or nothing. */
export function isCount(text: string): boolean {
  return text === '' || (/^[1-9]\d{0,2}$/.test(text) && Number(text) <= 100);
}

export function isSize(text: string): boolean {
  return text === '' || /^[1-9]\d*(Mi|Gi|Ti)$/.test(text);
}

export function domainOf({ domain }: Pick<NetworkDraft, 'domain'>): NewNetwork['domain'] {
  return DOMAINS.find((one) => one === domain) ?? 'city';
}

/** Roles of a founder that the domain knows: what was chosen for another domain before is kept in the draft, but neither shown nor sent. */
export function founderRolesOf({ founders, domain }: Pick<NetworkDraft, 'founders' | 'domain'>, agency: string): string[] | undefined {
  const known = ledgerRolesOf(domainOf({ domain }));
  return rolesIn(founders, agency)?.filter((role) => known.includes(role));
}

export function networkOf(draft: NetworkDraft): NewNetwork {
  const engine = ENGINES.find((one) => one === draft.engine);
  return {
    name: draft.name,
    domain: domainOf(draft),
    chainId: draft.chainId,
    founders: draft.founders.map((entry) => {
      const agency = entry.split(':')[0] ?? '';
      return { agency, roles: founderRolesOf(draft, agency) ?? [] };
    }),
    ...(engine === undefined ? {} : { engine }),
    ...(draft.validators === '' ? {} : { validators: Number(draft.validators) }),
    ...(draft.agency === '' ? {} : { agency: draft.agency }),
    ...(draft.approvalThreshold === '' ? {} : { approvalThreshold: Number(draft.approvalThreshold) }),
    ...(draft.allowDowntime ? { allowDowntime: true } : {}),
    ...(draft.storageSize === '' ? {} : { storageSize: draft.storageSize }),
  };
}
