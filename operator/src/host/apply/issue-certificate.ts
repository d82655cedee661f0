import { createHash } from 'node:crypto';
import { rfc3339Of, secrets } from '@civitas/kube';
import { ANNOTATIONS, LABELS, MANAGED_BY } from '../../core/desired/names.ts';
import { networkOwner } from '../../core/desired/network-objects.ts';
import type { Manifest } from '../../core/desired/render.ts';
import type { NetworkAction } from '../../core/plan/network-action.ts';
import { type IssuedLeaf, issueLeaf } from '../certificates/authority.ts';
import { base64, certificateHashOf } from '../observe/authorities.ts';
import type { ActionContext } from './action-context.ts';

/**
 * A kubernetes.io/tls Secret; when it ends, for whom and by whom it is stand beside it, so that nobody need read the key to know.
 *
 * @returns false when one of the authorities that it is to name is not there (any more): the next look plans anew.
 */
export async function issueCertificate(
  { context, applier, effective }: ActionContext,
  action: Extract<NetworkAction, { type: 'issueCertificate' }>,
): Promise<boolean> {
  const issuer = context.authorities.generation(effective, action.issuer);
  const trusted = action.trusted.map((generation) => context.authorities.generation(effective, generation));
  if (issuer === undefined || trusted.includes(undefined)) return false;
  const nowUnixMs = context.clock.nowUnixMs();
  const { subject, dnsNames } = action;
  const leaf = await issueLeaf(issuer, { subject, dnsNames, hours: effective.certificateHours, nowUnixMs });
  const manifest = certificateSecret({
    ...action,
    owner: action.namespace === effective.namespace ? [networkOwner(effective)] : [],
    network: effective.name,
    leaf,
    nowUnixMs,
    issuerPem: issuer.certificatePem,
    authoritiesPem: trusted.map((authority) => authority?.certificatePem ?? '').join(''),
  });
  await applier.apply(secrets, manifest, undefined);
  return true;
}

export interface CertificateSecret {
  readonly secret: string;
  readonly namespace: string;
  readonly subject: string;
  readonly network: string;
  readonly owner: ReturnType<typeof networkOwner>[];
  readonly leaf: IssuedLeaf;
  readonly nowUnixMs: number;
  /** Certificate of the authority that issued it. */
  readonly issuerPem: string;
  /** Whom its holder trusts. */
  readonly authoritiesPem: string;
  readonly issuer: number;
  readonly trusted: readonly number[];
  readonly dnsNames: readonly string[];
}

export function certificateSecret(wanted: CertificateSecret): Manifest {
  const { secret, namespace, subject, network, owner, leaf, nowUnixMs, issuerPem, authoritiesPem, issuer, trusted, dnsNames } = wanted;
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: secret,
      namespace,
      labels: { ...MANAGED_BY, [LABELS.network]: network },
      annotations: {
        [ANNOTATIONS.subject]: subject,
        [ANNOTATIONS.dnsNames]: dnsNames.join(','),
        [ANNOTATIONS.issuedAt]: rfc3339Of(nowUnixMs),
        [ANNOTATIONS.notAfter]: rfc3339Of(leaf.notAfterUnixMs),
        [ANNOTATIONS.renewAt]: rfc3339Of(leaf.renewAtUnixMs),
        [ANNOTATIONS.issuer]: String(issuer),
        [ANNOTATIONS.issuerHash]: certificateHashOf(issuerPem),
        [ANNOTATIONS.trusted]: trusted.join(','),
        [ANNOTATIONS.setHash]: createHash('sha256').update(leaf.certificatePem).update(authoritiesPem).digest('base64url'),
      },
      ownerReferences: owner,
    },
    type: 'kubernetes.io/tls',
    data: { 'tls.crt': base64(leaf.certificatePem), 'tls.key': base64(leaf.privateKeyPem), 'ca.crt': base64(authoritiesPem) },
  };
}
