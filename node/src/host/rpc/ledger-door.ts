import type { Contract } from '@civitas/contracts';
import type { Admission } from '../admission/admission.ts';
import type { LedgerHost } from '../ledger/ledger-host.ts';

/** An open ledger as the services see it. */
export interface LedgerDoor {
  readonly ledger: LedgerHost;
  readonly admission: Admission;
  /** Contracts of this ledger, for record classes and views. */
  readonly contracts: readonly Contract[];
}
