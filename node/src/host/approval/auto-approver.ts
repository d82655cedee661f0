import type { JsonObject, Result } from '@civitas/canon';
import type { SignedOperation } from '@civitas/proto/civitas/ledger/v1/operation';
import { errorFields, type Logger } from '@civitas/telemetry';
import { signGatewayOperation } from '../admission/gateway-operation.ts';
import type { GatewayKeys } from '../keys/node-keys.ts';
import type { LedgerHost, StoredReceipt } from '../ledger/ledger-host.ts';

export interface AutoApproverOptions {
  readonly ledger: Pick<LedgerHost, 'genesis' | 'genesisHash' | 'members' | 'onCommit' | 'status'>;
  /** Hosted organisations; those without an approver key approve nothing here. */
  readonly gateways: readonly GatewayKeys[];
  readonly submit: (signed: SignedOperation, organisation: string) => Promise<Result<StoredReceipt>>;
  readonly log: Logger;
  readonly nowUnixMs: () => number;
  /** Monotonic, ms. */
  readonly nowMs: () => number;
}

/** An approval that was refused or lost is tried again after this, ms. */
const RETRY_MS = 5000;
const EXPIRY_MS = 60_000;

/** Rules that this release could not execute: whoever runs it does not agree to them by itself. */
function isBeyond(change: JsonObject, newestVersion: number): boolean {
  return change['kind'] === 'activateProtocol' && Number(change['version']) > newestVersion;
}

/**
 * The approval policy `auto`: the gateways of founders with it approve every proposal as soon as it is open. Who set it knows that
 * proposals are then decided by whoever may propose; status and console say so.
 *
 * @returns ends it.
 */
export function startAutoApprover(options: AutoApproverOptions): () => void {
  const { ledger, submit, log, nowMs } = options;
  const approvers = options.gateways.filter(({ approver }) => approver !== undefined);
  const triedAtMs = new Map<string, number>();

  async function approve(gateway: GatewayKeys, proposal: string): Promise<void> {
    const { organisation, operation, approver } = gateway;
    if (approver === undefined) return;
    const signed = signGatewayOperation({
      chainId: ledger.genesis.chainId,
      genesisHash: ledger.genesisHash,
      organisation,
      role: 'member',
      key: operation,
      actor: 'auto-approver',
      contract: 'network.members@v1',
      method: 'approve',
      args: { proposal },
      expiresAtUnixMs: Math.max(options.nowUnixMs(), ledger.status().timeUnixMs) + EXPIRY_MS,
      coSigners: [approver],
    });
    const receipt = await submit(signed, organisation);
    if (receipt.ok) log.info('proposal-approved', { proposal, organisation, height: receipt.value.height });
    else log.warn('approval-refused', { proposal, organisation, code: receipt.refusal.code });
  }

  function look(): void {
    const open = ledger.members.openProposals();
    const ids = new Set(open.map(({ id }) => id));
    for (const key of triedAtMs.keys()) if (!ids.has(key.slice(key.indexOf(' ') + 1))) triedAtMs.delete(key);
    for (const { id, approvals, change } of open) {
      if (isBeyond(change, ledger.status().protocol.newestVersion)) continue;
      for (const gateway of approvers) {
        const { organisation } = gateway;
        const member = ledger.members.findOrganisation(organisation);
        if (member?.founder !== true || member.roles.includes('platform') || approvals.includes(organisation)) continue;
        const key = `${organisation} ${id}`;
        if (nowMs() - (triedAtMs.get(key) ?? Number.NEGATIVE_INFINITY) < RETRY_MS) continue;
        triedAtMs.set(key, nowMs());
        approve(gateway, id).catch((error: unknown) => log.warn('approval-failed', { proposal: id, organisation, ...errorFields(error) }));
      }
    }
  }

  if (approvers.length === 0) return () => undefined;
  const stop = ledger.onCommit(look);
  look();
  return stop;
}
