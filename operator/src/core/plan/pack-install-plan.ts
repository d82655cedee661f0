import type { JsonObject } from '@civitas/canon';
import type { PackInstall } from '../resources/pack-install.ts';
import { DECIDING_PROTOCOL } from './access-policy-plan.ts';

export interface ObservedPack {
  readonly install: PackInstall;
  readonly hasNetwork: boolean;
  /** Whether the publisher's key has signed this very pack. */
  readonly isSigned: boolean;
  /** Of the network's ledger; 'silent' while it cannot be asked. */
  readonly ledger:
    | 'silent'
    | {
        readonly protocolVersion: number;
        /** Contracts of the pack that the ledger runs, with the block since which; 1 for those it was born with. */
        readonly running: Readonly<Record<string, number>>;
      };
}

export interface PackPlan {
  readonly reason: string;
  readonly message: string;
  readonly phase: string;
  /** To be proposed to the founders now. */
  readonly change: JsonObject | undefined;
  readonly sinceHeight: number | undefined;
}

/** What is to be done for a pack now. */
export function planPackInstall({ install, hasNetwork, isSigned, ledger }: ObservedPack): PackPlan {
  const { networkRef, pack, publisher, signature } = install.spec;
  const at = (reason: string, message: string, more: Partial<PackPlan> = {}): PackPlan => ({
    ...{ reason, message, phase: 'Pending', change: undefined, sinceHeight: undefined },
    ...more,
  });
  const title = `${pack.name} ${pack.version}`;
  if (!isSigned) return at('PackUnsigned', `the signature is not of ${publisher} over ${title} with these contracts`, { phase: 'Refused' });
  if (!hasNetwork) return at('NetworkMissing', `there is no LedgerNetwork ${networkRef} here`);
  if (ledger === 'silent') return at('NetworkSilent', `the ledger of ${networkRef} cannot be asked now`);
  const missing = pack.contracts.filter((contract) => ledger.running[contract] === undefined);
  if (missing.length === 0) {
    const sinceHeight = Math.max(...pack.contracts.map((contract) => ledger.running[contract] ?? 1));
    return at('PackInstalled', `${networkRef} runs ${pack.contracts.join(', ')}`, { phase: 'Installed', sinceHeight });
  }
  if (ledger.protocolVersion < DECIDING_PROTOCOL) {
    const message = `founders decide on packs from protocol version ${DECIDING_PROTOCOL} on, ${networkRef} executes ${ledger.protocolVersion}`;
    return at('ProtocolTooOld', message);
  }
  const signed: JsonObject = { name: pack.name, version: pack.version, contracts: [...pack.contracts] };
  const change = { kind: 'installPack', pack: signed, publisher, signature };
  return at('PackProposed', `${networkRef} is to take up ${missing.join(', ')}`, { phase: 'Proposed', change });
}
