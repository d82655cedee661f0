import { NOTHING, type ReasonTexts } from './reason.ts';

/** Birth, growth, rolls and troubles of a LedgerNetwork. */
export const NETWORK_REASONS: ReasonTexts = {
  AgencyUnknown: {
    means: 'A pool names an agency that is no member of the network.',
    then: 'Add the network to spec.memberships of that Agency, or change agencyRef of the pool.',
  },
  AnotherIsMoving: { means: 'Another validator is being replaced or is not at the head yet.', then: NOTHING },
  AskedFor: { means: 'A person set it in the spec.', then: 'kubectl civitas resume or kubectl civitas wake ends it.' },
  AuthorityMissing: { means: 'The network’s certificate authority is being made.', then: NOTHING },
  AwaitingApproval: {
    means: 'Something stands proposed on the ledger, or waits for a person to let it begin.',
    then: 'Founders approve the proposal with their own keys; an operation or change with approval Manual: kubectl civitas approve.',
  },
  BeingRemoved: { means: 'The LedgerNetwork was deleted.', then: NOTHING },
  CatchingUp: { means: 'A node follows the chain and is not at its head yet.', then: NOTHING },
  Draining: {
    means: 'It is to go, and waits for packets that are still on their way.',
    then: 'Nothing while their number falls; else look at the link and its relay: kubectl civitas links.',
  },
  DrainsWait: {
    means: 'A validator has been missing for long, so nobody may take another one away: evictions are refused.',
    then: 'Bring the missing one back (kubectl civitas why names it); the drain goes on by itself then.',
  },
  EmbeddedHoldsItsKey: {
    means: 'Remote signers are named, and the embedded engine signs in the node itself.',
    then: 'Take keys.remoteSigners out of the spec, or set engine: cometbft.',
  },
  EmbeddedNeedsOneValidator: {
    means: 'The embedded engine runs one validator, the pools ask for more.',
    then: 'Leave replicas out, or set engine: cometbft.',
  },
  EngineCannotGoBack: {
    means: 'The chain runs on CometBFT for good, the spec asks for the embedded engine.',
    then: 'Set engine: cometbft.',
  },
  GenesisChanged: {
    means: 'The recorded genesis is not the one that the chain was born with.',
    then: 'Put the former record back from a backup of the ConfigMap in civitas-system; never edit it.',
  },
  GenesisLost: {
    means: 'The record of the genesis is gone while the chain lives.',
    then: 'Put the ConfigMap genesis.<namespace>.<network> in civitas-system back from a backup; the nodes hold the same text.',
  },
  GenesisOfAnotherChain: {
    means: 'Under this name data of another chain are kept.',
    then: 'Give the network another name, or the former chainId to take its data up again.',
  },
  Hibernated: { means: 'The network was put to sleep.', then: 'kubectl civitas wake <network>.' },
  GenesisWritten: { means: 'The genesis was written; the nodes are taking it up.', then: NOTHING },
  Grown: { means: 'The ledger has all validators that were asked for.', then: NOTHING },
  Growing: { means: 'A node is becoming a validator.', then: 'Nothing, while Progressing says what it waits for.' },
  HandingOver: { means: 'The chain is being handed over to CometBFT.', then: NOTHING },
  HeldByAnother: {
    means: 'Somebody set a field that the operator sets to another value; the operator leaves the whole object alone.',
    then: 'Set the field back to let the operator have it again, or keep it and update that object by hand from now on.',
  },
  Joining: { means: 'The members approved a validator; it votes two blocks later.', then: NOTHING },
  MaxUnavailableTooLarge: {
    means: 'updateStrategy.maxUnavailable would let the operator stop more validators than may fail.',
    then: 'Lower it, or ask for more validators.',
  },
  Missing: {
    means: 'A node has no valid certificate.',
    then: 'Nothing if it is young; else look at the operator’s log: kubectl civitas status.',
  },
  KeyWouldMove: {
    means: 'A node that there is would get another key than the one it was made with: keys.remoteSigners has changed.',
    then: 'Put the entry back as it was; a node with another key replaces this one: kubectl explain validatorchange.',
  },
  NetworkSilent: {
    means: 'No node of the network answers the operator.',
    then: 'kubectl civitas why -n <namespace> names the nodes; kubectl civitas logs.',
  },
  MemberKeyShared: {
    means: 'Two founders name the same key.',
    then: 'Take it off one of the Agencies that the condition names: each member, client and approver has a key of its own.',
  },
  NoFounder: { means: 'No agency with founder: true is a member.', then: 'Set founder: true on an Agency that names the network.' },
  NoQuorum: {
    means: 'Too few validators serve; the chain stands still until enough do.',
    then: 'Bring the nodes back that the message names: kubectl civitas logs <node>; no data is lost.',
  },
  NodeStarting: {
    means: 'Too few validators serve because some are starting.',
    then: 'Nothing at first; pods that do not come up are named by kubectl civitas why.',
  },
  NodeWouldChangeRole: {
    means: 'Nodes are numbered through the pools, and the new pools would give one another role.',
    then: 'Add nodes in a pool after those there are.',
  },
  NotAWorkspace: {
    means: 'The namespace does not let the operator in.',
    then: 'Make a namespace that carries the label civitas.dev/workspace=true, and apply the network there.',
  },
  NotInTheSet: {
    means: 'The pools ask for a validator that the members removed, or that has another key by now.',
    then: 'Ask for fewer replicas, or propose it anew with a ValidatorChange.',
  },
  NotObserved: {
    means: 'This operator has not heard of it since it started.',
    then: 'Nothing at first; if it stays, look at the nodes: kubectl civitas logs <node>.',
  },
  NotYet: { means: 'It has not come about yet.', then: NOTHING },
  QuorumWouldBreak: {
    means: 'Doing it now would leave fewer validators at the head than a block needs.',
    then: 'Bring the other validators back first: kubectl civitas status shows them. Nothing is stopped before.',
  },
  Removing: { means: 'The network’s pods are being removed.', then: NOTHING },
  RemoveByProposal: {
    means: 'The pools ask for fewer validators, and only members let one go.',
    then: 'Make a ValidatorChange that removes it, or raise replicas again.',
  },
  ReplacingPod: { means: 'A pod is being made anew.', then: NOTHING },
  SignerKeyWrong: {
    means: 'Whoever dials a node as its signer holds another key than the node, so the node ends its engine and does not vote.',
    then: 'Point the right signer at the node, and no other one: keys.remoteSigners of the network names its key.',
  },
  SignerOfNoNode: {
    means: 'An entry of keys.remoteSigners names a node that the pools do not ask for.',
    then: 'Correct the name: <network>-<number>.',
  },
  SignerSilent: {
    means: 'Nobody who holds the key of the node is connected to it, so it does not vote.',
    then: 'Look at the signer: it dials the address in the message, and from must let it in. An engine that ended meanwhile is started again within minutes.',
  },
  SignersConnected: { means: 'Whoever holds keys of nodes is connected to them.', then: NOTHING },
  Settled: { means: 'Nothing is under way.', then: NOTHING },
  Starting: { means: 'Nodes are starting.', then: 'Nothing at first; pods that do not come up are named by kubectl civitas why.' },
  TooFewValidators: {
    means: 'With fewer than four validators none may fail.',
    then: 'Ask for four or more, or set allowDowntime: true.',
  },
  ValidatorsMissing: {
    means: 'The chain goes on, but not every validator serves.',
    then: 'Bring the missing ones back before anything else fails: kubectl civitas why names the nodes.',
  },
  WaitingForApprovers: {
    means: 'Born now, the network could decide nothing: too few founders have anyone who approves.',
    then: 'Name approvers on the Agencies that the condition names, or set approvalPolicy: auto on one.',
  },
  WaitingForCity: { means: 'The city network must be born first.', then: 'Nothing, once a LedgerNetwork of domain city is Available.' },
  WaitingForCityConfig: { means: 'There is no CityConfig.', then: 'Apply one.' },
  WaitingForKeys: { means: 'A node has not reported its keys yet.', then: 'Nothing at first; if it stays: kubectl civitas logs <node>.' },
  WaitingForRelay: {
    means: 'The relay has not reported its key yet.',
    then: 'Nothing at first; if it stays: kubectl civitas logs relay-0.',
  },
};
