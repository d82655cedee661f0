import type { Contract } from '@civitas/contracts';
import type { Admission } from '../admission/admission.ts';
import type { LedgerHost } from '../ledger/ledger-host.ts';
import type { LinkActivity } from '../ledger/link-activity.ts';
import type { WantedHeaders } from '../ledger/wanted-headers.ts';

/** An open ledger as the services see it. */
export interface LedgerDoor {
  readonly ledger: LedgerHost;
  readonly admission: Admission;
  /** Contracts of this ledger, for record classes and views. */
  readonly contracts: readonly Contract[];
  readonly activity: LinkActivity;
  readonly wanted: WantedHeaders;
}
