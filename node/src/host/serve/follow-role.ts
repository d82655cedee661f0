import type { LedgerHost } from '../ledger/ledger-host.ts';

export interface RoleOnLedger {
  readonly ledger: Pick<LedgerHost, 'genesis' | 'members' | 'onCommit'>;
  /** Name, without its version, of the contract that gives the role something to do. */
  readonly contract: string;
  readonly role: string;
  /** Hosted here. */
  readonly organisations: Iterable<string>;
}

/**
 * Tells which hosted organisations have a role on a ledger that runs its contract: now, and at each commit that changes it. An agency may be
 * enrolled, and a contract taken up, long after the node was started; one that is told and throws is told again at the next commit.
 *
 * @returns ends it.
 */
export function followRole(
  { ledger, contract, role, organisations }: RoleOnLedger,
  onChange: (organisation: string, has: boolean) => void,
): () => void {
  const names = [...organisations];
  const having = new Set<string>();

  function look(): void {
    const contracts = [...ledger.genesis.appState.contracts, ...ledger.members.installedContracts()];
    const isRunning = contracts.some((name) => name.startsWith(`${contract}@`));
    for (const name of names) {
      const has = isRunning && (ledger.members.findOrganisation(name)?.roles.includes(role) ?? false);
      if (has === having.has(name)) continue;
      onChange(name, has);
      if (has) having.add(name);
      else having.delete(name);
    }
  }

  look();
  return ledger.onCommit(look);
}
