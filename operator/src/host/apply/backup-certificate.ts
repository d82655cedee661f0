import { spiffe } from '@civitas/deployment';
import { type Applier, secrets } from '@civitas/kube';
import { backupTlsName, type NetworkName } from '../../core/desired/names.ts';
import { authorityState, trustedText } from '../../core/plan/authority-state.ts';
import { isCertificateDue, isOfLostAuthority } from '../../core/plan/certificate-plan.ts';
import { API_VERSION } from '../../core/resources/kind.ts';
import type { LedgerNetwork } from '../../core/resources/ledger-network.ts';
import { issueLeaf } from '../certificates/authority.ts';
import type { OperatorContext } from '../controllers/operator-context.ts';
import { certificateOf } from '../observe/observe-secret.ts';
import type { Workspace } from '../observe/workspace.ts';
import { certificateSecret } from './issue-certificate.ts';

/** Life of a backup's certificate, hours: longer than the longest try, short for what reads the whole state. */
const BACKUP_CERTIFICATE_HOURS = 24;

export interface BackupCertificate {
  readonly id: NetworkName;
  readonly network: LedgerNetwork;
  readonly chainId: string;
  readonly workspace: Workspace;
}

/**
 * Sees to it that the network's backups have a certificate: it opens the nodes' snapshots and nothing else.
 *
 * @returns false while there is no authority to issue it.
 */
export async function ensureBackupCertificate(context: OperatorContext, applier: Applier, target: BackupCertificate): Promise<boolean> {
  const { id, network, chainId, workspace } = target;
  const name = backupTlsName(id.name);
  const generations = context.authorities.generations(id);
  const { issuer, trusted } = authorityState(generations);
  const nowUnixMs = context.clock.nowUnixMs();
  const subject = spiffe.backup(chainId);
  const certificate = certificateOf(workspace.secrets.store.get(`${id.namespace}/${name}`));
  const isCurrent =
    certificate?.issuer === issuer &&
    certificate.trusted === trustedText(authorityState(generations)) &&
    !isOfLostAuthority(certificate, generations);
  if (isCertificateDue(certificate, subject, nowUnixMs) === undefined && isCurrent) return true;
  const authority = context.authorities.generation(id, issuer);
  const trustedPems = trusted.map((generation) => context.authorities.generation(id, generation)?.certificatePem);
  if (authority === undefined || trustedPems.includes(undefined)) return false;
  const leaf = await issueLeaf(authority, { subject, dnsNames: [], hours: BACKUP_CERTIFICATE_HOURS, nowUnixMs });
  const owner = {
    apiVersion: API_VERSION,
    kind: 'LedgerNetwork',
    name: id.name,
    uid: network.metadata.uid,
    controller: true,
    blockOwnerDeletion: true,
  } as const;
  const secret = { secret: name, namespace: id.namespace, subject, network: id.name, owner: [owner], issuer, trusted, dnsNames: [] };
  const pems = { issuerPem: authority.certificatePem, authoritiesPem: trustedPems.join('') };
  await applier.apply(secrets, certificateSecret({ ...secret, ...pems, leaf, nowUnixMs }), undefined);
  return true;
}
