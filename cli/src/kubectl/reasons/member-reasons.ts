import { NOTHING, type ReasonTexts } from './reason.ts';

/** Fences, sleep and removals. */
export const MEMBER_REASONS: ReasonTexts = {
  Asleep: { means: 'It is hibernated: no pods; volumes and keys stay.', then: 'kubectl civitas wake <network>.' },
  ChainEnded: { means: 'A chain of this id has ended, and an id stands for one chain for ever.', then: 'Choose another chainId.' },
  Closing: { means: 'Its nodes are asked for their last block before it is removed.', then: NOTHING },
  FallingAsleep: { means: 'Its pods are being ended.', then: NOTHING },
  GrantWithdrawn: {
    means: 'It is fenced: it signs nothing, and pod and volume stay.',
    then: 'kubectl civitas unfence <node>, once it may run again.',
  },
  Resizing: { means: 'A volume is growing.', then: NOTHING },
  RoomEnough: { means: 'The volumes have room.', then: NOTHING },
  StillSigning: {
    means: 'It is to be fenced, and signs until the chain can do without it.',
    then: 'Bring the other validators back: kubectl civitas status shows them.',
  },
  Stopping: { means: 'Its pods are being stopped.', then: NOTHING },
  AgencyMissing: { means: 'The agency that it names does not exist.', then: 'Apply the Agency, or delete the membership.' },
  AlsoInAgency: {
    means: 'It is to end, and the Agency itself names the network.',
    then: 'Take the network out of spec.memberships of the Agency.',
  },
  ClientEnded: {
    means: 'A ledger hears the other one no more, and never will.',
    then: 'Delete the link. Two networks that are to talk again need a new chain on one side.',
  },
  EndProposed: {
    means: 'Its end was proposed and taken back; the proposal still stands on the ledger.',
    then: 'Tell the founders not to approve it, or set ended again.',
  },
  EndRefused: {
    means: 'The ledger could not carry its end out.',
    then: 'Read the code in the message; set ended to false, then to true again.',
  },
  HasValidators: {
    means: 'An agency leaves a network after its validators.',
    then: 'Remove them with a ValidatorChange first.',
  },
  InForce: { means: 'The grant lets the networks in that it names.', then: NOTHING },
  Leaving: {
    means: 'Its end waits for the founders. Until they decide it can be taken back, afterwards not.',
    then: 'Founders approve it on the ledger, or set ended to false.',
  },
  NeverEnrolled: { means: 'The ledger never held the agency.', then: NOTHING },
  NoGrant: {
    means: 'One of the networks does not let the other one in.',
    then: 'Ask for a LedgerLinkGrant that names it, or renew the one that has expired.',
  },
  NotEnded: { means: 'Neither ledger has ended its client of the other.', then: NOTHING },
  QuotaUsedUp: {
    means: 'The namespace of the agency has used up what it was given.',
    then: 'Raise spec.quotas of the Agency, or delete what is not needed.',
  },
  Removed: { means: 'The ledger holds the agency no more; its keys are revoked for ever.', then: NOTHING },
  RoomLeft: { means: 'The namespace of the agency has room.', then: NOTHING },
  RemovingBackups: {
    means: 'The network is being removed, and its policy takes its backups along.',
    then: 'Nothing, or look at the LedgerBackups: kubectl get lbackup.',
  },
  Retired: {
    means: 'No pool asks for the node, and no ledger needs it.',
    then: 'Nothing, or raise the replicas of its pool to have it back.',
  },
};
