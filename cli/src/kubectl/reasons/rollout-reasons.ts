import { NOTHING, type ReasonTexts } from './reason.ts';

/** Rolls, releases, storage and day-two operations. */
export const ROLLOUT_REASONS: ReasonTexts = {
  AlmostFull: {
    means: 'A volume is almost full.',
    then: 'kubectl civitas expand <network> --size <size>, or set storage.autoGrow in the pool.',
  },
  AtMaximum: { means: 'A volume has grown to autoGrow.max and fills up.', then: 'Raise autoGrow.max in the pool.' },
  CatalogMissing: {
    means: 'There is no ReleaseCatalog of the name that the network gives.',
    then: 'Apply it, or correct release.catalogRef.',
  },
  ExpansionRefused: {
    means: 'The cluster does not grow a volume.',
    then: 'Use a StorageClass with allowVolumeExpansion, or rebuild node by node on larger volumes: kubectl civitas rebuild.',
  },
  NoUpgradeEdge: {
    means: 'The release does not name the version that runs among those that it may follow.',
    then: 'Go by a version in between, as upgradesFrom in the ReleaseCatalog shows.',
  },
  OutsideMaintenanceWindow: {
    means: 'Pods are made anew in the maintenance windows only.',
    then: 'Nothing: it begins with the next window. What is broken is mended at any time.',
  },
  AwaitingProtocolApproval: {
    means: 'All nodes execute the next protocol version; the members have yet to decide on it.',
    then: 'Founders approve the proposal in the message; auto-approving gateways do so by themselves.',
  },
  ProtocolCancelling: {
    means: 'A protocol version that the members decided on is no longer asked for; they have yet to take it back.',
    then: 'Founders approve the proposal in the message before its height; after that rules never go back.',
  },
  ProtocolCannotGoBack: {
    means: 'The chain is executed by a newer protocol version than the one that is asked for.',
    then: 'Ask for a release that executes it, or take release.protocolVersion out of the spec.',
  },
  ProtocolChange: {
    means: 'The release does not execute blocks by the rules that are in force or decided.',
    then: 'Go by a release that executes both, as protocolVersionMin and protocolVersion in the ReleaseCatalog show.',
  },
  ProtocolScheduled: {
    means: 'The members have decided on a protocol version; it is in force from the height in the message on.',
    then: 'Nothing. Until then it can be taken back: ask for the former release.',
  },
  ProtocolWaits: {
    means: 'A protocol version is proposed only once every node that answers executes it, and those at the head are a quorum.',
    then: 'Nothing while pods are made anew; else see to the node that the message names.',
  },
  StepNotSettled: { means: 'The node that went last is not ready, at the head and signing yet.', then: NOTHING },
  StepTimedOut: {
    means: 'A node takes longer to come back than updateStrategy.stepTimeoutSeconds.',
    then: 'Look at it: kubectl civitas logs <node>. The others run on; nothing more is stopped.',
  },
  SupervisedUpdate: {
    means: 'The network’s changes are rolled out by an operation alone.',
    then: 'kubectl civitas restart <network>, or kubectl civitas upgrade <network> --version <version>.',
  },
  VersionNotInCatalog: {
    means: 'The ReleaseCatalog does not hold the version that the network asks for.',
    then: 'Ask for one it holds, or add it.',
  },
};
