import type { Manifest } from '../desired/render.ts';
import type { BackupReference } from '../resources/backup-target.ts';
import type { ObservedReservation, ReportedKeys } from './observed-network.ts';

/** What a LedgerNode's spec is to say; null takes it out. */
export interface NodeOrder {
  readonly fenced?: boolean;
  readonly rebuild?: string;
  readonly restoreFrom?: BackupReference | null;
}

/** One write or call, in the order they are to be done. Each may be the last before a crash. */
export type NetworkAction =
  | { readonly type: 'createAuthority' }
  | {
      readonly type: 'issueCertificate';
      readonly secret: string;
      readonly namespace: string;
      readonly subject: string;
      readonly reason: string;
      readonly dnsNames: readonly string[];
      /** Generation of the authority that issues, and those that are trusted, the issuer first. */
      readonly issuer: number;
      readonly trusted: readonly number[];
    }
  /** The next generation of the authority: trusted beside the one that issues. */
  | { readonly type: 'addAuthority'; readonly generation: number; readonly operationUID: string; readonly overlapMs: number }
  | { readonly type: 'advanceAuthority'; readonly generation: number; readonly to: 'Reissuing' | 'Dropping' }
  | { readonly type: 'dropAuthority'; readonly generation: number; readonly uid: string }
  /** A person's order to one node, written where it outlives the operation. */
  | { readonly type: 'orderNode'; readonly node: string; readonly order: NodeOrder }
  /** Gated like the end of a pod. */
  | { readonly type: 'withdrawGrant'; readonly node: string; readonly podUID: string; readonly keyHash: string }
  /** Not gated: the whole network is to stand still. */
  | { readonly type: 'stopPod'; readonly name: string; readonly uid: string }
  | { readonly type: 'setRelease'; readonly version: string; readonly from: string }
  | { readonly type: 'apply'; readonly manifest: Manifest }
  /** Of a kind that the cluster may not serve. */
  | { readonly type: 'applyOptional'; readonly manifest: Manifest }
  | { readonly type: 'dropMonitor' }
  /** Another one issues the authority; what it gave is taken up once it is whole. */
  | { readonly type: 'requestAuthority' }
  | { readonly type: 'snapshotVolume'; readonly node: string; readonly name: string }
  /** Whether one could be taken now; none is. */
  | { readonly type: 'probeSnapshots'; readonly node: string }
  | { readonly type: 'createPod'; readonly manifest: Manifest }
  /** Has the kubelet look at once at what it mounts into the pod. */
  | { readonly type: 'refreshMounts'; readonly name: string; readonly uid: string; readonly note: string }
  /** Gated: the validators are asked once more right before it. */
  | { readonly type: 'deletePod'; readonly name: string; readonly uid: string; readonly reason: string }
  /** Of a node that nobody asks for and no ledger needs, once its pod is gone. */
  | { readonly type: 'dropVolume'; readonly node: string }
  | { readonly type: 'dropNodeObjects'; readonly node: string }
  | ({ readonly type: 'recordKeys'; readonly node: string; readonly podUID: string; readonly rekeyed?: string } & ReportedKeys)
  | { readonly type: 'recordGenesis'; readonly text: string }
  /** From here on the chain belongs to the other engine: the record of its genesis says so. */
  | { readonly type: 'handOverEngine'; readonly to: 'cometbft' }
  /** Founders approve it, or not. */
  | { readonly type: 'proposeValidator'; readonly node: string; readonly publicKey: string; readonly organisation: string }
  /** Founders approve it, or not. */
  | { readonly type: 'proposeProtocol'; readonly kind: 'activateProtocol' | 'cancelProtocol'; readonly version: number }
  | { readonly type: 'reserveKey'; readonly node: string; readonly nodeUID: string; readonly podUID: string; readonly keyHash: string }
  | { readonly type: 'passReservation'; readonly reservation: ObservedReservation; readonly node: string; readonly podUID: string }
  | { readonly type: 'dropReservation'; readonly reservation: ObservedReservation }
  | { readonly type: 'grantSigning'; readonly node: string; readonly podUID: string; readonly keyHash: string };
