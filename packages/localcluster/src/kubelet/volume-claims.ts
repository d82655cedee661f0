/** Claims are folders: bound at once, kept when pods go, removed with the claim only when it says so. */

import { mkdirSync, rmSync } from 'node:fs';
import { parseQuantity } from '../api/quota.ts';
import type { KubeObject, WatchedEvent } from '../cluster-port.ts';
import { type KubeletContext, recordEvent } from './kubelet-context.ts';
import { claimsResource } from './pod.ts';
import { claimFolderOf } from './pod-folder.ts';

/** Annotation of a claim: `Delete` removes its data with it. Anything else, and no annotation, keeps the data. */
export const reclaimPolicyAnnotation = 'civitas.dev/reclaim-policy';

interface Claim extends KubeObject {
  readonly spec?: { readonly accessModes?: readonly string[]; readonly resources?: { readonly requests?: { readonly storage?: string } } };
  readonly status?: { readonly phase?: string; readonly capacity?: { readonly storage?: string } };
}

/** Answers one event of a claim. */
export function serveClaim(context: KubeletContext, { type, object }: WatchedEvent): void {
  const { namespace = 'default', name, uid, annotations } = object.metadata;
  const folder = claimFolderOf(context.home, namespace, name);
  if (type === 'DELETED') {
    if (annotations?.[reclaimPolicyAnnotation] === 'Delete') rmSync(folder, { recursive: true, force: true });
    return;
  }
  const claim = object as Claim;
  if (claim.metadata.deletionTimestamp !== undefined) return;
  if (claim.status?.phase === 'Bound') return growClaim(context, claim);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const target = { namespace, name, uid };
  context.port.update?.(claimsResource, target, (current) => ({
    ...current,
    spec: { ...(current as Claim).spec, volumeName: `pvc-${uid}` },
  }));
  context.port.updateStatus(claimsResource, target, (current) => {
    const { accessModes = [], resources } = (current as Claim).spec ?? {};
    const storage = resources?.requests?.storage;
    return { ...current, status: { phase: 'Bound', accessModes, ...(storage === undefined ? {} : { capacity: { storage } }) } };
  });
  recordEvent(context, claim, { type: 'Normal', reason: 'ProvisioningSucceeded', message: 'Bound to a folder of this machine' });
}

/** A folder is as large as its file system: a claim that asks for more has it at once. */
function growClaim(context: KubeletContext, claim: Claim): void {
  const [asked, has] = [claim.spec?.resources?.requests?.storage, claim.status?.capacity?.storage];
  if (asked === undefined || (parseQuantity(asked) ?? 0) <= (parseQuantity(has) ?? 0)) return;
  const { namespace = 'default', name, uid } = claim.metadata;
  context.port.updateStatus(claimsResource, { namespace, name, uid }, (current) => ({
    ...current,
    status: { ...(current as Claim).status, capacity: { storage: asked } },
  }));
  recordEvent(context, claim, {
    type: 'Normal',
    reason: 'FileSystemResizeSuccessful',
    message: `grown from ${has ?? 'nothing'} to ${asked}`,
  });
}
