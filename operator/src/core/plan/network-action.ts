import type { Manifest } from '../desired/render.ts';
import type { ObservedReservation, ReportedKeys } from './observed-network.ts';

/** One write or call, in the order they are to be done. Each may be the last before a crash. */
export type NetworkAction =
  | { readonly type: 'createAuthority' }
  | {
      readonly type: 'issueCertificate';
      readonly secret: string;
      readonly namespace: string;
      readonly subject: string;
      readonly reason: string;
    }
  | { readonly type: 'apply'; readonly manifest: Manifest }
  | { readonly type: 'createPod'; readonly manifest: Manifest }
  /** Gated: the validators are asked once more right before it. */
  | { readonly type: 'deletePod'; readonly name: string; readonly uid: string; readonly reason: string }
  | ({ readonly type: 'recordKeys'; readonly node: string; readonly podUID: string } & ReportedKeys)
  | { readonly type: 'recordGenesis'; readonly text: string }
  /** From here on the chain belongs to the other engine: the record of its genesis says so. */
  | { readonly type: 'handOverEngine'; readonly to: 'cometbft' }
  /** Founders approve it, or not. */
  | { readonly type: 'proposeValidator'; readonly node: string; readonly publicKey: string; readonly organisation: string }
  | { readonly type: 'reserveKey'; readonly node: string; readonly nodeUID: string; readonly podUID: string; readonly keyHash: string }
  | { readonly type: 'passReservation'; readonly reservation: ObservedReservation; readonly node: string; readonly podUID: string }
  | { readonly type: 'dropReservation'; readonly reservation: ObservedReservation }
  | { readonly type: 'grantSigning'; readonly node: string; readonly podUID: string; readonly keyHash: string };
