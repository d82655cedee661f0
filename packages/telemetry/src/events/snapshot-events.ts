import { eventsOf } from './event.ts';

/** Events of snapshots, of joining by one, and of ledgers that come from a backup. */
export const snapshotEvents = eventsOf({
  'snapshot-taken': { level: 'info', meaning: 'A snapshot stands on the volume.', fields: ['chunkCount', 'seconds'] },
  'snapshot-skipped': { level: 'warn', meaning: 'A snapshot was due and was not taken.', fields: ['reason'] },
  'snapshot-no-room': {
    level: 'error',
    meaning: 'There is too little space for a snapshot; none was taken or restored.',
    fields: ['freeBytes', 'neededBytes'],
  },
  'snapshot-failed': { level: 'error', meaning: 'A snapshot could not be taken; the next one is tried in its turn.', fields: [] },
  'snapshot-refused': { level: 'warn', meaning: 'A snapshot that a peer offered is not taken.', fields: ['reason'] },
  'snapshot-accepted': {
    level: 'info',
    meaning: 'A snapshot that a peer offered is being restored.',
    fields: ['chunkCount', 'recordCount'],
  },
  'snapshot-chunk-refused': {
    level: 'warn',
    meaning: 'A chunk is not what the snapshot promised; it is asked of others.',
    fields: ['sender'],
  },
  'snapshot-restoring': { level: 'info', meaning: 'Chunks that are in place.', fields: ['appliedCount', 'chunkCount'] },
  'snapshot-restored': { level: 'info', meaning: 'The ledger stands at the height of the snapshot.', fields: ['recordCount'] },
  'snapshot-height-unproven': {
    level: 'warn',
    meaning: 'A height cannot be proven by the peers that were asked; others are.',
    fields: ['reason'],
  },
  'joining-by-snapshot': {
    level: 'info',
    meaning: 'The node joins by a snapshot of its peers, trusting this header.',
    fields: ['trustHeight', 'trustHash', 'peerCount'],
  },
  'no-snapshot-to-join-by': {
    level: 'info',
    meaning: 'No peer has a snapshot; the node starts from the first block.',
    fields: ['peerCount'],
  },
  'light-rpc-refused': {
    level: 'warn',
    meaning: 'The engine asked for a header while joining and could not be given it.',
    fields: ['method', 'reason'],
  },
  'light-rpc-close-failed': { level: 'error', meaning: 'A listener used while joining did not close.', fields: [] },
  'engine-starts-after-backup': { level: 'info', meaning: 'The engine goes on from the height of the backup.', fields: [] },
  'backup-restored': { level: 'info', meaning: 'The state of a backup is in place.', fields: [] },
  'ledger-rebuilt-from-backup': { level: 'info', meaning: 'The ledger of this volume was built anew from a backup.', fields: [] },
  'founded-from-backup': {
    level: 'info',
    meaning: 'A new chain begins with the records of a backup.',
    fields: ['originChainId', 'originHeight', 'recordCount'],
  },
});
