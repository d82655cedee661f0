import { defineResource, type Resource } from '@civitas/kube';
import type { AccessPolicy } from '../../core/resources/access-policy.ts';
import type { Agency } from '../../core/resources/agency.ts';
import type { AgencyMembershipObject } from '../../core/resources/agency-membership.ts';
import type { CityConfig } from '../../core/resources/city-config.ts';
import type { ConsensusKeyReservation } from '../../core/resources/consensus-key-reservation.ts';
import { GROUP, VERSION } from '../../core/resources/kind.ts';
import type { LedgerBackup } from '../../core/resources/ledger-backup.ts';
import type { LedgerBackupSchedule } from '../../core/resources/ledger-backup-schedule.ts';
import type { LedgerLink } from '../../core/resources/ledger-link.ts';
import type { LedgerLinkGrant } from '../../core/resources/ledger-link-grant.ts';
import type { LedgerNetwork } from '../../core/resources/ledger-network.ts';
import type { LedgerNode } from '../../core/resources/ledger-node.ts';
import type { LedgerOperation } from '../../core/resources/ledger-operation.ts';
import type { LedgerRestore } from '../../core/resources/ledger-restore.ts';
import type { PackInstall } from '../../core/resources/pack-install.ts';
import type { ReleaseCatalog } from '../../core/resources/release-catalog.ts';
import type { ValidatorChange } from '../../core/resources/validator-change.ts';

const address = { group: GROUP, version: VERSION };

export const ledgerNetworks: Resource<LedgerNetwork> = defineResource({ ...address, plural: 'ledgernetworks', namespaced: true });
export const ledgerNodes: Resource<LedgerNode> = defineResource({ ...address, plural: 'ledgernodes', namespaced: true });
export const ledgerLinks: Resource<LedgerLink> = defineResource({ ...address, plural: 'ledgerlinks', namespaced: true });
export const agencies: Resource<Agency> = defineResource({ ...address, plural: 'agencies', namespaced: false });
export const cityConfigs: Resource<CityConfig> = defineResource({ ...address, plural: 'cityconfigs', namespaced: false });
export const consensusKeyReservations: Resource<ConsensusKeyReservation> = defineResource({
  ...address,
  plural: 'consensuskeyreservations',
  namespaced: false,
});
export const validatorChanges: Resource<ValidatorChange> = defineResource({ ...address, plural: 'validatorchanges', namespaced: true });
export const ledgerOperations: Resource<LedgerOperation> = defineResource({ ...address, plural: 'ledgeroperations', namespaced: true });
export const releaseCatalogs: Resource<ReleaseCatalog> = defineResource({ ...address, plural: 'releasecatalogs', namespaced: false });
export const ledgerLinkGrants: Resource<LedgerLinkGrant> = defineResource({ ...address, plural: 'ledgerlinkgrants', namespaced: true });
export const ledgerBackups: Resource<LedgerBackup> = defineResource({ ...address, plural: 'ledgerbackups', namespaced: true });
export const ledgerBackupSchedules: Resource<LedgerBackupSchedule> = defineResource({
  ...address,
  plural: 'ledgerbackupschedules',
  namespaced: true,
});
export const ledgerRestores: Resource<LedgerRestore> = defineResource({ ...address, plural: 'ledgerrestores', namespaced: true });
export const agencyMemberships: Resource<AgencyMembershipObject> = defineResource({
  ...address,
  plural: 'agencymemberships',
  namespaced: true,
});
export const accessPolicies: Resource<AccessPolicy> = defineResource({ ...address, plural: 'accesspolicies', namespaced: true });
export const packInstalls: Resource<PackInstall> = defineResource({ ...address, plural: 'packinstalls', namespaced: true });
