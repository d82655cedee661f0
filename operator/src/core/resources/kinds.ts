import { accessPolicyKind } from './access-policy.ts';
import { agencyKind } from './agency.ts';
import { agencyMembershipKind } from './agency-membership.ts';
import { cityConfigKind } from './city-config.ts';
import { consensusKeyReservationKind } from './consensus-key-reservation.ts';
import type { Kind } from './kind.ts';
import { ledgerBackupKind } from './ledger-backup.ts';
import { ledgerBackupScheduleKind } from './ledger-backup-schedule.ts';
import { ledgerLinkKind } from './ledger-link.ts';
import { ledgerLinkGrantKind } from './ledger-link-grant.ts';
import { ledgerNetworkKind } from './ledger-network.ts';
import { ledgerNodeKind } from './ledger-node.ts';
import { ledgerOperationKind } from './ledger-operation.ts';
import { ledgerRestoreKind } from './ledger-restore.ts';
import { packInstallKind } from './pack-install.ts';
import { releaseCatalogKind } from './release-catalog.ts';
import { validatorChangeKind } from './validator-change.ts';

/** Every kind of ours, in the order their definitions are applied. */
export const KINDS: readonly Kind[] = [
  cityConfigKind,
  agencyKind,
  agencyMembershipKind,
  ledgerNetworkKind,
  ledgerNodeKind,
  ledgerLinkKind,
  ledgerLinkGrantKind,
  consensusKeyReservationKind,
  ledgerOperationKind,
  releaseCatalogKind,
  validatorChangeKind,
  ledgerBackupKind,
  ledgerBackupScheduleKind,
  ledgerRestoreKind,
  accessPolicyKind,
  packInstallKind,
];
