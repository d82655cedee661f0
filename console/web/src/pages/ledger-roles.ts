import type { Network } from '@civitas/console-contract';

/** Roles that a domain's contracts know besides `member`, which everyone has. */
const ROLES: Readonly<Record<Network['domain'], readonly string[]>> = {
  city: ['registrar', 'rulemaker', 'custodian', 'requester', 'portal', 'issuer'],
  health: ['custodian', 'rulemaker', 'reviewer', 'requester', 'claimant'],
  housing: ['centre', 'rulemaker', 'bank', 'portal'],
  courts: ['court', 'rulemaker', 'party'],
  transport: ['police', 'rulemaker', 'bank', 'portal'],
};

export function ledgerRolesOf(domain: Network['domain']): readonly string[] {
  return ROLES[domain];
}
