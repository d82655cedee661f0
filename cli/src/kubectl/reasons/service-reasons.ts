import { NOTHING, type ReasonTexts } from './reason.ts';

/** What others bring to a cluster: cert-manager, the Prometheus operator, volume snapshots. */
export const SERVICE_REASONS: ReasonTexts = {
  AuthorityRequested: {
    means: 'An issuer of cert-manager is asked for the certificate authority of the network.',
    then: 'Nothing at first; if it stays: kubectl -n civitas-system describe certificate.',
  },
  AuthorityUnusable: {
    means: 'What the issuer gave cannot issue the certificates of a network.',
    then: 'Read what is wrong in the message, and correct the issuer.',
  },
  KindNotServed: {
    means: 'The spec asks for something that the cluster does not have.',
    then: 'Install what the message names, or take the field out of the spec.',
  },
  MonitorStands: { means: 'A PodMonitor names the nodes of the network.', then: NOTHING },
  SnapshotFailed: {
    means: 'The volume of the next node could not be snapshotted, so its pod is not made anew.',
    then: 'Delete the VolumeSnapshot once its class works, or take updateStrategy.snapshots out of the spec.',
  },
  SnapshotPending: { means: 'The volume of the next node is being snapshotted before its pod is made anew.', then: NOTHING },
  SnapshotsTaken: { means: 'Volumes are snapshotted before another release writes to them.', then: NOTHING },
};
