import type { ConsoleConfig } from '@civitas/console-contract';
import type { IdentityDirectory } from '@civitas/identity';
import type { Clock, KubeClient } from '@civitas/kube';
import type { Logger } from '@civitas/telemetry';
import type { AuditLog } from './audit/audit-log.ts';
import type { Figures } from './figures/follow-figures.ts';
import type { Idempotency } from './http/idempotency.ts';
import type { Acting } from './kube/acting.ts';
import type { CityCaches } from './kube/city-caches.ts';
import type { CityView } from './kube/city-view.ts';
import type { Ledgers } from './ledger/ledgers.ts';
import type { ChangeHub } from './live/change-hub.ts';

/** Everything that the routes share. */
export interface ConsoleContext {
  /** What `GET /config` says, but for the city, which may be named later. */
  readonly settings: Omit<ConsoleConfig, 'city'>;
  /** Our own client: reads what we may ourselves, and acts as others. */
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly log: Logger;
  readonly caches: CityCaches;
  readonly view: CityView;
  readonly acting: Acting;
  readonly audit: AuditLog;
  readonly idempotency: Idempotency;
  readonly directory: IdentityDirectory;
  readonly hub: ChangeHub;
  readonly ledgers: Ledgers;
  readonly figures: Figures;
  /** Address of the API server and its authority, for a kubeconfig. */
  readonly cluster: { readonly server: string; readonly caPem: string };
}
