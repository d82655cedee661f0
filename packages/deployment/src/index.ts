export { BACKUP_FILES, BACKUP_FORMAT } from './backup.ts';
export type * from './backup-config.ts';
export type * from './client-document.ts';
export type * from './genesis.ts';
export { findPeerIdentity, type PeerIdentity, spiffe } from './names.ts';
export type * from './node-config.ts';
export { PATHS, PORTS } from './paths.ts';
export { PEERS_MAX, type PeerDocument, type PeersDocument } from './peers.ts';
export { type Quorum, type QuorumStep, quorumOf, quorumStep, refusalOfStep, TOLERANT_VALIDATORS_MIN } from './quorum.ts';
