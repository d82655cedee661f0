/** Words of the operator that look like reasons of conditions and are none: phases, Events, statuses, types of spec, days. */
export const OTHER_WORDS: readonly string[] = [
  ...['True', 'False', 'Unknown', 'Normal', 'Warning'],
  ...['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'],
  // Types of conditions.
  ...['Available', 'CaughtUp', 'ClientFresh', 'Degraded', 'Enrolled', 'Fenced', 'Flowing', 'FullRedundancy', 'QuorumHealthy', 'Ready'],
  ...['IdentityReady', 'Tombstoned'],
  // How far an external member is.
  ...['BundleReady', 'Validator'],
  // Kinds of others.
  ...['Certificate', 'PodMonitor', 'VolumeSnapshot'],
  // Phases, and states of steps.
  ...['Applied', 'Installed', 'Refused', 'Unsound', 'Disable'],
  ...['Enrolling', 'Failing', 'Pending', 'Preflight', 'Proposed', 'Rejected', 'Submitted'],
  // How far the exchange of an authority is.
  ...['Alone', 'Dropping', 'Reissuing', 'Trusting'],
  // What an operation, a change or a policy asks for.
  ...['Delete', 'Fence', 'Join', 'Leave', 'RebuildNode', 'Rekey', 'Restart', 'Retain', 'Unfence', 'Upgrade', 'Opaque'],
  // Events.
  ...[
    'BackupFailed',
    'BackupVerified',
    'FilesRemoved',
    'FilesRetained',
    'RemovalFailed',
    'Unschedulable',
    'DataDeleted',
    'DataRetained',
    'FenceOrdered',
    'NotAvailable',
    'OperationBegun',
    'QuorumLost',
    'TombstonePublished',
    'UnfenceOrdered',
  ],
];
