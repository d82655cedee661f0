import { BACKUP_FAULTS, BACKUP_REFUSALS } from '@civitas/backup';
import { NOTHING, type ReasonTexts } from './reason.ts';

/** What tools and nodes say of a backup stands in their own catalogue: its codes are reasons too. */
const CODES: ReasonTexts = Object.fromEntries(
  Object.entries({ ...BACKUP_REFUSALS, ...BACKUP_FAULTS }).map(([code, { meaning, remedy }]) => [code, { means: meaning, then: remedy }]),
);

/** Backups, their schedules, and networks made from them. */
export const BACKUP_REASONS: ReasonTexts = {
  ...CODES,
  AnotherChain: {
    means: 'The backup is of another chain than the node that was to be rebuilt from it.',
    then: 'Make another LedgerRestore with a backup of the node’s own network.',
  },
  BackupAhead: {
    means: 'No other node has the block after the backup, so nobody could bring the node on from there.',
    then: 'Nothing while the others catch up; else kubectl civitas why <network>.',
  },
  BackupMissing: {
    means: 'The backup that is to be restored is not there or not finished.',
    then: 'Nothing while it is being taken; else name another one.',
  },
  BackupUnreadable: {
    means: 'The backup says nothing that a network could be made from.',
    then: 'Take another copy of it; a LedgerRestore does not change: make another one.',
  },
  ChainExists: { means: 'A network of that chain id is there.', then: 'Make another LedgerRestore with a chainId of its own.' },
  Complete: { means: 'It is done and verified.', then: NOTHING },
  CredentialsMissing: {
    means: 'The Secret that the target names is missing or lacks a field.',
    then: 'Make it, or correct it: the message names the field.',
  },
  Due: { means: 'A backup is being taken now.', then: NOTHING },
  FenceUnderWay: {
    means: 'The node is being fenced and still signs.',
    then: 'Nothing: it waits until the others are a quorum without it.',
  },
  Failed: {
    means: 'It was given up after several tries.',
    then: 'Mend what the message says, and ask for another one: kubectl civitas backup.',
  },
  Founding: {
    means: 'The backup is verified; the network is being made from it.',
    then: 'Nothing at first; kubectl civitas why <network> says what it waits for.',
  },
  NetworkExists: {
    means: 'A network of that name is there, and a restore writes over none.',
    then: 'Make another LedgerRestore with another name.',
  },
  NetworkRefused: {
    means: 'The API server refused the network that was to be made.',
    then: 'Make another LedgerRestore that heeds the rule in the message.',
  },
  NoBackupYet: {
    means: 'No backup of the schedule is finished yet.',
    then: 'Nothing, until it is due; kubectl civitas backup takes one now.',
  },
  NoNodeServes: {
    means: 'No node of the network serves at the head, so none can be read.',
    then: 'Look at the network first: kubectl civitas why <network>.',
  },
  NoReport: { means: 'The pod that did the work reported nothing.', then: 'It is tried again; kubectl civitas logs <its pod>.' },
  PreviousRuns: { means: 'The one before is still being taken, and two at once are never begun.', then: NOTHING },
  RestoredIntoStore: {
    means: 'It was read back from its target, restored into a store of its own, and its root is the certified one.',
    then: NOTHING,
  },
  Retrying: { means: 'A try failed; another one is to begin.', then: 'Nothing, if the message names what passes by itself.' },
  Running: { means: 'It is being done.', then: NOTHING },
  SameChain: {
    means: 'A restore founds another chain, and names the one of the backup.',
    then: 'Make another LedgerRestore with a chainId of its own.',
  },
  ScheduleInvalid: { means: 'The cron expression or the time zone cannot be read.', then: 'Correct spec.schedule or spec.timeZone.' },
  Suspended: { means: 'A person set spec.suspend.', then: 'Set spec.suspend: false to go on.' },
  Verified: { means: 'The newest backup is verified.', then: NOTHING },
};
