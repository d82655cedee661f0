import { NOTHING, type ReasonTexts } from './reason.ts';

const ANOTHER = 'A ValidatorChange does not change: delete it and make another one.';

/** Steps and ends of a ValidatorChange. */
export const CHANGE_REASONS: ReasonTexts = {
  AlreadyValidator: { means: 'A node that is to join is a validator already.', then: ANOTHER },
  AnotherInFlight: { means: 'An older ValidatorChange of the network is not done.', then: 'Nothing, or delete the older one.' },
  AwaitingMembers: {
    means: 'A step stands proposed; founders have not approved it yet.',
    then: 'Founders approve it with their own keys.',
  },
  AwaitingPerson: { means: 'It waits for a person to let it be proposed.', then: 'kubectl civitas approve <name>.' },
  ByMembers: { means: 'The members of the ledger decided it.', then: NOTHING },
  ChangeInFlight: { means: 'The ledger takes one change of its validators at a time, and another one is under way.', then: NOTHING },
  Completed: { means: 'Every step is done.', then: NOTHING },
  Decided: { means: 'The members approved a step; it takes effect two blocks later.', then: NOTHING },
  EmbeddedEngine: { means: 'The embedded engine has one validator.', then: 'Hand the network over first: set engine: cometbft.' },
  Expired: { means: 'Its time is over before everything was decided; what members decided stays.', then: ANOTHER },
  FewerThanFour: {
    means: 'It would leave fewer than four validators, of which none may fail.',
    then: 'Add others first, or make one with allowFewer: true.',
  },
  LastValidator: { means: 'It would leave nobody to make blocks.', then: ANOTHER },
  MembersRefused: { means: 'The members refused it, or their proposal ended.', then: ANOTHER },
  NetworkMissing: { means: 'There is no LedgerNetwork of that name.', then: 'Apply it, or correct the name.' },
  NetworkNotBorn: { means: 'The network has no genesis yet.', then: NOTHING },
  NetworkPaused: { means: 'The network is paused, so nothing is changed there.', then: 'kubectl civitas resume <network>.' },
  NetworkRemoved: { means: 'The network is being removed or is gone.', then: 'Delete it.' },
  NewcomerNotReady: {
    means: 'The node that is to join does not serve at the head yet.',
    then: 'Nothing at first; if it stays: kubectl civitas logs <node>.',
  },
  NoValidator: { means: 'A node that is to leave is no validator of the ledger.', then: ANOTHER },
  NodeUnknown: {
    means: 'The network has no such node.',
    then: 'Add it to a pool first, or name publicKey and organisation of an external one.',
  },
  NotDecided: { means: 'The members have not decided it yet.', then: NOTHING },
  PreparingKey: {
    means: 'The node makes its next consensus key, which is reserved for it before it is proposed.',
    then: 'Nothing at first; if it stays: kubectl civitas why <network>.',
  },
  ProtocolTooOld: {
    means: 'The network executes blocks by a protocol version that knows no such change.',
    then: 'Go over to the next protocol version first: release.protocolVersion of the network, or a release that brings it.',
  },
  PowerStep: { means: 'One step would change more of the voting power than light clients follow.', then: 'Split it into smaller changes.' },
  Withdrawing: { means: 'It has expired, and its open proposal is being taken back.', then: NOTHING },
  ProposalRefused: {
    means: 'The ledger refused the proposal; the message has its code.',
    then: 'Look the code up in the errors reference.',
  },
  Proposing: { means: 'A step is being proposed to the members.', then: NOTHING },
  SignerHoldsKey: {
    means: 'A remote signer holds the key of the node, so the node cannot make itself another one.',
    then: 'Make a ValidatorChange of type Replace: a new node with another key comes, this one goes.',
  },
  StepsKeepQuorum: { means: 'Each step leaves a quorum.', then: NOTHING },
};
