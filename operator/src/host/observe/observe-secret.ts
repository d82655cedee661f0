import type { PersistentVolumeClaim, Secret } from '@civitas/kube';
import { ANNOTATIONS } from '../../core/desired/names.ts';
import type { ObservedCertificate, ObservedVolume } from '../../core/plan/observed-network.ts';
import type { OperatorContext } from '../controllers/operator-context.ts';
import type { Workspace } from './workspace.ts';

/** A certificate by what its Secret says of it beside it: the private key is not read. */
export function certificateOf(secret: Secret | undefined): ObservedCertificate | undefined {
  const annotations = secret?.metadata.annotations ?? {};
  const [notAfter, renewAt, subject] = [
    annotations[ANNOTATIONS.notAfter],
    annotations[ANNOTATIONS.renewAt],
    annotations[ANNOTATIONS.subject],
  ];
  if (secret?.data?.['tls.crt'] === undefined || notAfter === undefined || renewAt === undefined || subject === undefined) return undefined;
  const [issuedAt, hash, issuerHash] = [ANNOTATIONS.issuedAt, ANNOTATIONS.setHash, ANNOTATIONS.issuerHash].map((key) => annotations[key]);
  return {
    notAfterUnixMs: Date.parse(notAfter),
    renewAtUnixMs: Date.parse(renewAt),
    subject,
    dnsNames: annotations[ANNOTATIONS.dnsNames] ?? '',
    // Secrets of the first release say nothing of it: they are of the first authority.
    issuer: Number(annotations[ANNOTATIONS.issuer] ?? 1),
    trusted: annotations[ANNOTATIONS.trusted] ?? '1',
    ...(issuedAt === undefined ? {} : { issuedAtUnixMs: Date.parse(issuedAt) }),
    ...(hash === undefined ? {} : { hash }),
    ...(issuerHash === undefined ? {} : { issuerHash }),
  };
}

interface ClaimParts {
  readonly spec?: { readonly resources?: { readonly requests?: { readonly storage?: string } }; readonly storageClassName?: string };
  readonly status?: { readonly capacity?: { readonly storage?: string } };
}

/** A volume claim as it is, with why it did not grow. */
export function volumeOf({ facts }: OperatorContext, workspace: Workspace, key: string): ObservedVolume | undefined {
  const claim: (PersistentVolumeClaim & ClaimParts) | undefined = workspace.volumes.store.get(key);
  if (claim === undefined) return undefined;
  return {
    requested: claim.spec?.resources?.requests?.storage,
    capacity: claim.status?.capacity?.storage,
    storageClass: claim.spec?.storageClassName,
    problem: facts.volumeProblems.get(key)?.message,
  };
}
