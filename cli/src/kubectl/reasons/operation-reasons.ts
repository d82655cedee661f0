import { NOTHING, type ReasonTexts } from './reason.ts';

const OVER = 'It is over: kubectl delete lop <name>, and ask again when what it needs is there.';

/** Steps and ends of a LedgerOperation. */
export const OPERATION_REASONS: ReasonTexts = {
  Aborted: { means: 'A person aborted it; what was done stays.', then: 'It is over: kubectl delete lop <name>.' },
  AnotherOperationRuns: {
    means: 'Another operation of the network is under way.',
    then: 'Nothing, or kubectl civitas abort the other one.',
  },
  Begun: { means: 'It has begun.', then: NOTHING },
  CannotShrink: { means: 'A volume is larger already, and volumes never become smaller.', then: OVER },
  Done: { means: 'Every step is done.', then: NOTHING },
  MayBegin: { means: 'It may begin.', then: NOTHING },
  NetworkDegraded: { means: 'The network is Degraded, so nothing is done to it.', then: 'Mend that first: kubectl civitas why <network>.' },
  NetworkHibernated: {
    means: 'A network is hibernated: nothing is done to it, and packets to it wait.',
    then: 'kubectl civitas wake <network>.',
  },
  NoPeers: { means: 'There is no other node that a ledger could be taken from.', then: OVER },
  NotBorn: { means: 'The network has no genesis yet.', then: NOTHING },
  NotFenced: { means: 'A node that is to be rebuilt still serves.', then: 'kubectl civitas fence <node>, and ask again.' },
  PruneNotSupported: {
    means: 'Nodes drop what is older than their retention by themselves.',
    then: 'Delete the operation: nothing is to be done.',
  },
  Refused: { means: 'It cannot be done as it was asked for.', then: OVER },
  Superseded: { means: 'The network asks for another version by now.', then: 'It is over: kubectl delete lop <name>.' },
  TooManyNodes: { means: 'It names more nodes than one operation takes.', then: OVER },
};
