import { accessV1 as cityAccessV1 } from './city/access/v1/access.ts';
import { consentV1 } from './city/consent/v1/consent.ts';
import { fiscalReceiptV1 } from './city/fiscal-receipt/v1/fiscal-receipt.ts';
import { identityV1 } from './city/identity/v1/identity.ts';
import { registryV1 } from './city/registry/v1/registry.ts';
import { rulebookV1 } from './city/rulebook/v1/rulebook.ts';
import type { Contract } from './contract.ts';
import { evidenceV1 } from './courts/evidence/v1/evidence.ts';
import { accessV1 as healthAccessV1 } from './health/access/v1/access.ts';
import { attestationV1 } from './health/attestation/v1/attestation.ts';
import { indexV1 } from './health/index/v1/document-index.ts';
import { accountV1 } from './housing/account/v1/account.ts';
import { withdrawalV1 } from './housing/withdrawal/v1/withdrawal.ts';
import { fineV1 } from './transport/fine/v1/fine.ts';
import { violationV1 } from './transport/violation/v1/violation.ts';

export const DOMAINS = ['city', 'health', 'housing', 'courts', 'transport'] as const;
export type Domain = (typeof DOMAINS)[number];

const BY_DOMAIN: Readonly<Record<Domain, readonly Contract[]>> = {
  city: [registryV1, identityV1, consentV1, cityAccessV1, rulebookV1, fiscalReceiptV1],
  health: [rulebookV1, indexV1, attestationV1, healthAccessV1],
  housing: [rulebookV1, accountV1, withdrawalV1],
  courts: [rulebookV1, evidenceV1],
  transport: [rulebookV1, violationV1, fineV1],
};

/** The contracts that a ledger of this domain runs, besides the runtime's own `network.members` and `links`. */
export function contractsOf(domain: Domain): readonly Contract[] {
  return BY_DOMAIN[domain];
}

/** Every contract once. */
export const allContracts: readonly Contract[] = [...new Set(DOMAINS.flatMap((domain) => BY_DOMAIN[domain]))];
