import type { Applier, Log } from '@civitas/kube';
import type { EffectiveNetwork } from '../../core/plan/effective-network.ts';
import type { ObservedNetwork } from '../../core/plan/observed-network.ts';
import type { LedgerNetwork } from '../../core/resources/ledger-network.ts';
import type { OperatorContext } from '../controllers/operator-context.ts';
import type { Workspace } from '../observe/workspace.ts';

/** One pass over one network: what its actions are done with. */
export interface ActionContext {
  readonly context: OperatorContext;
  readonly applier: Applier;
  readonly network: LedgerNetwork;
  readonly effective: EffectiveNetwork;
  readonly observed: ObservedNetwork;
  readonly workspace: Workspace;
  readonly log: Log;
}
