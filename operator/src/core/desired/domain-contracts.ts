import type { DOMAINS } from '../resources/ledger-network.ts';

export type Domain = (typeof DOMAINS)[number];

/** Contracts a network of each domain is born with, `name@vN`. Checked against the contracts themselves by a test. */
export const CONTRACTS: Readonly<Record<Domain, readonly string[]>> = {
  city: ['city.access@v1', 'city.consent@v1', 'city.fiscal-receipt@v1', 'city.identity@v1', 'city.registry@v1', 'city.rulebook@v1'],
  health: ['city.rulebook@v1', 'health.access@v1', 'health.attestation@v1', 'health.index@v1'],
  housing: ['city.rulebook@v1', 'housing.account@v1', 'housing.withdrawal@v1'],
  courts: ['city.rulebook@v1', 'courts.evidence@v1'],
  transport: ['city.rulebook@v1', 'transport.fine@v1', 'transport.violation@v1'],
};

/** A contract's name without its version: packets are addressed to it. */
export const nameOfContract = (contract: string): string => contract.split('@')[0] ?? contract;

/** Names of all contracts that this release knows of, whichever domain is born with them. */
export const KNOWN_NAMES: readonly string[] = [...new Set(Object.values(CONTRACTS).flat().map(nameOfContract))].sort();
