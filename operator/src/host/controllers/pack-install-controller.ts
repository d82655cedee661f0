import { base64urlDecode, packSignBytes, verifySignature } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { type Controller, createController, keyOf, type ReconcileResult } from '@civitas/kube';
import { type ObservedPack, type PackPlan, planPackInstall } from '../../core/plan/pack-install-plan.ts';
import { verdict } from '../../core/plan/verdict.ts';
import type { PackInstall } from '../../core/resources/pack-install.ts';
import { createStatusWriter } from '../apply/status-writer.ts';
import { findRecord } from '../ledger/platform-operations.ts';
import { ensureProposal, proposalText } from '../ledger/proposals.ts';
import { packInstalls } from '../observe/custom-resources.ts';
import { retryConflict } from './conflict.ts';
import { SETTLED_RECHECK_MS, WHILE_SERVING_MS } from './limits.ts';
import type { OperatorContext } from './operator-context.ts';
import { createPatientLooks } from './patient-looks.ts';
import { platformLedger } from './platform-ledger.ts';

type Ledger = NonNullable<Awaited<ReturnType<typeof platformLedger>>>;

/** Has the founders of a network decide on a pack, and says since when its contracts run. */
export function createPackInstallController(context: OperatorContext): Controller {
  const writer = createStatusWriter(context.applierOf('packinstall'), context.clock);
  const looks = createPatientLooks(context.clock);

  const reconcile = async (install: PackInstall): Promise<ReconcileResult> => {
    const { metadata, spec } = install;
    const network = context.caches.networks.store.get(`${metadata.namespace}/${spec.networkRef}`);
    const ledger = network === undefined ? undefined : await platformLedger(context, network);
    const plan = planPackInstall({
      install,
      hasNetwork: network !== undefined,
      isSigned: isSigned(install),
      ledger: ledger === undefined ? 'silent' : await readLedger(ledger, install, network?.status?.protocol?.version ?? 1),
    });
    const { reason, message, phase, sinceHeight, change } = await propose(context, ledger, plan);
    const verdicts = [verdict('Installed', reason === 'PackInstalled', reason, message)];
    const facts = sinceHeight === undefined ? {} : { sinceHeight };
    if (phase === 'Installed' && install.status?.phase !== 'Installed') tellLinks(context, ledger);
    await writer.write({ resource: packInstalls, object: install, verdicts, phase, facts });
    const key = keyOf(metadata);
    if (change !== undefined) return { requeueAfterMs: looks.next(key, message) };
    looks.forget(key);
    return { requeueAfterMs: phase === 'Installed' ? SETTLED_RECHECK_MS : WHILE_SERVING_MS };
  };

  return createController({
    name: 'packinstall',
    clock: context.clock,
    metrics: context.metrics,
    log: context.log,
    async reconcile(key) {
      const install = context.caches.packInstalls.store.get(key);
      if (install !== undefined && install.metadata.deletionTimestamp === undefined) return retryConflict(() => reconcile(install));
      looks.forget(key);
      return undefined;
    },
  });
}

/** What a ledger takes up can be reached over its links. */
function tellLinks({ facts, wake }: OperatorContext, ledger: Ledger | undefined): void {
  if (ledger !== undefined) facts.takenUp.delete(ledger.genesisHash);
  wake('link');
}

function isSigned({ spec }: PackInstall): boolean {
  const [publicKey, signature] = [base64urlDecode(spec.publisher), base64urlDecode(spec.signature)];
  if (publicKey === undefined || signature === undefined) return false;
  return verifySignature(nodeCrypto, { message: packSignBytes(spec.pack), signature, publicKey });
}

async function readLedger(
  { connection, genesis }: Ledger,
  { spec }: PackInstall,
  protocolVersion: number,
): Promise<ObservedPack['ledger']> {
  const running: Record<string, number> = {};
  for (const contract of spec.pack.contracts) {
    if (genesis.appState.contracts.includes(contract)) {
      running[contract] = 1;
      continue;
    }
    const record = await findRecord(connection, `network.members/contracts/${contract.split('@')[0]}`);
    if (record?.['contract'] === contract && typeof record['sinceHeight'] === 'number') running[contract] = record['sinceHeight'];
  }
  return { protocolVersion, running };
}

async function propose(context: OperatorContext, ledger: Ledger | undefined, plan: PackPlan): Promise<PackPlan> {
  const { change } = plan;
  if (change === undefined || ledger === undefined || !context.isLeader()) return plan;
  const proposal = await ensureProposal(ledger, { identity: change, build: () => Promise.resolve(change) }, context);
  const message = `${plan.message}; ${proposalText('the pack', proposal)}`;
  return proposal.state === 'refused' ? { ...plan, reason: 'PackRefused', phase: 'Refused', message } : { ...plan, message };
}
