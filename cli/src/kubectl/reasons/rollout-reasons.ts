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
  ProtocolChange: {
    means: 'The two releases execute blocks by different rules and may not run side by side.',
    then: 'Go to the last version of the present protocol first.',
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
