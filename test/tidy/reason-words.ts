/** Words of the operator that look like reasons of conditions and are none: phases, Events, statuses, types of spec, days. */
export const OTHER_WORDS: readonly string[] = [
  ...['True', 'False', 'Unknown', 'Normal', 'Warning'],
  ...['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'],
  // Phases, and states of steps.
  ...['Activated', 'Enrolling', 'Failed', 'Pending', 'Preflight', 'Proposed', 'Rejected', 'Running', 'Submitted'],
  // How far the exchange of an authority is.
  ...['Alone', 'Dropping', 'Reissuing', 'Trusting'],
  // What an operation, a change or a policy asks for.
  ...['Fence', 'Join', 'Leave', 'Restart', 'Retain', 'Unfence', 'Upgrade', 'Opaque'],
  // Events.
  ...[
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
