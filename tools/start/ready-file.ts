import { join } from 'node:path';
import type { CityStatus } from './city-status.ts';
import { writeAtomically } from './home.ts';
import type { LiveFigures } from './live-figures.ts';

/** `ready.json` (design: keys, authority, genesis): appears only after the exported case has been verified offline. */
export interface ReadyFile {
  readonly schemaVersion: 1;
  readonly pid: number;
  readonly kubeconfig: string;
  /** Address of the console. */
  readonly console: string;
  readonly networks: readonly {
    readonly name: string;
    readonly chainId: string;
    readonly genesisHash: string;
    readonly engine: string;
    readonly validators: number;
    readonly height: number;
    readonly root: string;
    readonly grpc: string;
    readonly metrics: string;
  }[];
  readonly links: readonly {
    readonly name: string;
    readonly lastSequence: number;
    readonly inFlight: number;
    readonly oldestAgeMs: number;
  }[];
  readonly case: { readonly id: string; readonly bundle: string; readonly verifiedAt: string };
}

/** The city as `ready.json` and the closing table show it. */
export function readyFileOf(
  status: CityStatus,
  live: LiveFigures,
  facts: Pick<ReadyFile, 'pid' | 'kubeconfig' | 'console' | 'case'>,
): ReadyFile {
  return {
    schemaVersion: 1,
    pid: facts.pid,
    kubeconfig: facts.kubeconfig,
    console: facts.console,
    networks: status.networks.map((item) => ({
      name: item.metadata.name,
      chainId: item.spec.chainId,
      genesisHash: item.status?.genesisHash ?? '',
      engine: item.status?.engine ?? item.spec.engine ?? '',
      validators: item.status?.validators?.inSet ?? 0,
      height: live.networks.get(item.metadata.name)?.height ?? item.status?.height ?? 0,
      root: live.networks.get(item.metadata.name)?.root ?? item.status?.root ?? '',
      grpc: item.status?.endpoints?.grpc ?? '',
      metrics: item.status?.endpoints?.metrics ?? '',
    })),
    links: status.links.map((item) => ({
      name: item.metadata.name,
      lastSequence: live.links.get(item.metadata.name)?.lastSequence ?? item.status?.lastSequence ?? 0,
      inFlight: live.links.get(item.metadata.name)?.inFlight ?? item.status?.inFlight ?? 0,
      oldestAgeMs: item.status?.oldestPendingAgeMs ?? 0,
    })),
    case: facts.case,
  };
}

export function writeReadyFile(home: string, ready: ReadyFile): void {
  writeAtomically(join(home, 'ready.json'), `${JSON.stringify(ready, null, 2)}\n`);
}
