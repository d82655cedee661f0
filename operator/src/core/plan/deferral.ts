/** Why something that is to be done waits: condition UpdatePending, the operation's message and one Event carry it. */
export type DeferralReason =
  /** The chain would have no quorum while it is done. */
  | 'QuorumWouldBreak'
  | 'AnotherIsMoving'
  /** The node that went before is not back at the head yet, or has been longer about it than a step may take. */
  | 'StepNotSettled'
  | 'StepTimedOut'
  | 'SupervisedUpdate'
  | 'OutsideMaintenanceWindow'
  /** The volume is snapshotted before another release writes to it. */
  | 'SnapshotPending'
  | 'SnapshotFailed'
  /** The release that is asked for may not be run, so what runs stays. */
  | 'CatalogMissing'
  | 'VersionNotInCatalog'
  | 'NoUpgradeEdge'
  | 'ProtocolChange'
  /** Going over to other rules of execution. */
  | 'AwaitingUpgrade'
  | 'ProtocolCannotGoBack'
  | 'ProtocolWaits'
  | 'AwaitingProtocolApproval'
  | 'ProtocolScheduled'
  | 'ProtocolCancelling';

export interface Deferral {
  readonly reason: DeferralReason;
  readonly message: string;
}
