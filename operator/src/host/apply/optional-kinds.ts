import { createHash } from 'node:crypto';
import { isApiError, secrets } from '@civitas/kube';
import { SYSTEM_NAMESPACE } from '../../core/desired/names.ts';
import { authorityRequest, issuedAuthorityName, upgradeSnapshot } from '../../core/desired/optional-objects.ts';
import type { Manifest } from '../../core/desired/render.ts';
import type { EffectiveNetwork } from '../../core/plan/effective-network.ts';
import type { NetworkAction } from '../../core/plan/network-action.ts';
import type { OptionalKind } from '../../core/plan/optional-kinds.ts';
import type { KeyAndCertificate } from '../certificates/authority.ts';
import { checkIssuedAuthority } from '../certificates/issued-authority.ts';
import { ABSENT_KIND_RETRY_MS, CLIENT_RECHECK_MS } from '../controllers/limits.ts';
import { secretText } from '../observe/authorities.ts';
import type { ActionContext } from './action-context.ts';
import { podMonitors, resourceOf, volumeSnapshots } from './kinds.ts';
import { report } from './report.ts';

/**
 * Does what needs a kind that the cluster may not serve, and remembers when it does not: it is asked for again only a while later.
 *
 * @returns undefined when it is not served.
 */
async function whereServed<T>({ context }: ActionContext, kind: OptionalKind, work: () => Promise<T>): Promise<T | undefined> {
  const { absentKinds } = context.facts;
  const now = context.clock.nowUnixMs();
  const missedAt = absentKinds.get(kind);
  if (missedAt !== undefined && now - missedAt < ABSENT_KIND_RETRY_MS) return undefined;
  try {
    const done = await work();
    absentKinds.delete(kind);
    return done;
  } catch (error) {
    // The namespace is there, and an apply needs no object: what is not found is the kind.
    if (!isApiError(error, 'NotFound')) throw error;
    absentKinds.set(kind, now);
    return undefined;
  }
}

export type OptionalAction = Extract<
  NetworkAction,
  { readonly type: 'applyOptional' | 'dropMonitor' | 'requestAuthority' | 'snapshotVolume' | 'probeSnapshots' }
>;

/** Does what needs something that others bring to a cluster. Returns whether the network is to be looked at again at once. */
export function performOptional(scope: ActionContext, action: OptionalAction): Promise<boolean> {
  switch (action.type) {
    case 'applyOptional':
      return applyOptional(scope, action.manifest);
    case 'dropMonitor':
      return dropMonitor(scope);
    case 'requestAuthority':
      return requestAuthority(scope);
    case 'snapshotVolume':
      return snapshotVolume(scope, action);
    case 'probeSnapshots':
      return probeSnapshots(scope, action);
  }
}

/** Applies an object of such a kind. Nothing watches it, so it is written again only when it changes and every ten minutes. */
async function applyOptional(scope: ActionContext, manifest: Manifest): Promise<boolean> {
  const { context, applier } = scope;
  const { optionalApplied } = context.facts;
  const key = placeOf(manifest);
  const digest = createHash('sha256').update(JSON.stringify(manifest)).digest('base64url');
  const now = context.clock.nowUnixMs();
  const last = optionalApplied.get(key);
  if (last?.digest === digest && now - last.atUnixMs < CLIENT_RECHECK_MS) return false;
  const kind = manifest.kind as OptionalKind;
  const applied = await whereServed(scope, kind, () => applier.apply(resourceOf(manifest), manifest, undefined));
  if (applied !== undefined) optionalApplied.set(key, { digest, atUnixMs: now });
  return false;
}

const placeOf = ({ kind, metadata }: Manifest): string => `${kind} ${metadata.namespace}/${metadata.name}`;

/** Takes the PodMonitor of a network away that no longer asks for one. */
async function dropMonitor(scope: ActionContext): Promise<boolean> {
  const { context, effective } = scope;
  const { namespace, name } = effective;
  await context.client.delete(podMonitors, { namespace, name });
  context.facts.optionalApplied.delete(`PodMonitor ${namespace}/${name}`);
  return false;
}

/** Asks the issuer for the network's first authority, and takes it up once it is whole. */
async function requestAuthority(scope: ActionContext): Promise<boolean> {
  const { context, effective } = scope;
  if (effective.issuer === undefined || !context.isLeader()) return false;
  const issued = await fetchIssued(scope, effective.issuer, 1);
  if (issued === undefined) return false;
  await context.authorities.create(effective, context.clock.nowUnixMs(), issued);
  return report(
    scope,
    'AuthorityIssued',
    `${effective.issuer.kind} ${effective.issuer.name} issued the certificate authority of this network`,
  );
}

/** What the issuer gave for a generation; undefined while it has given nothing, or nothing that can be used. */
export async function fetchIssued(
  scope: ActionContext,
  issuer: NonNullable<EffectiveNetwork['issuer']>,
  generation: number,
): Promise<KeyAndCertificate | undefined> {
  const { context, effective } = scope;
  await applyOptional(scope, authorityRequest(effective, issuer, generation));
  const secret = await context.client.find(secrets, { namespace: SYSTEM_NAMESPACE, name: issuedAuthorityName(effective, generation) });
  const [certificatePem, privateKeyPem] = [secretText(secret, 'tls.crt'), secretText(secret, 'tls.key')];
  if (certificatePem === undefined || privateKeyPem === undefined) return undefined;
  const checked = checkIssuedAuthority(
    { certificatePem, privateKeyPem, issuerPem: secretText(secret, 'ca.crt') ?? '' },
    context.clock.nowUnixMs(),
  );
  const key = `${effective.namespace}/${effective.name}`;
  if (checked.ok) {
    context.facts.authorityProblems.delete(key);
    return checked.keys;
  }
  context.facts.authorityProblems.set(key, `what ${issuer.kind} ${issuer.name} issued cannot be the authority: ${checked.problem}`);
  return undefined;
}

/** Has a node's volume snapshotted, once a release, and remembers how far that is. */
async function snapshotVolume(scope: ActionContext, { node, name }: Extract<NetworkAction, { type: 'snapshotVolume' }>): Promise<boolean> {
  const { context, effective } = scope;
  if (!context.isLeader() || effective.snapshots === undefined) return false;
  const { namespace } = effective;
  const manifest = upgradeSnapshot(effective, node, effective.snapshots.className);
  const found = await context.client.find(volumeSnapshots, { namespace, name });
  const made = found ?? (await whereServed(scope, 'VolumeSnapshot', () => context.client.create(volumeSnapshots, manifest)));
  if (made === undefined) return false;
  const { readyToUse, error } = made.status ?? {};
  const problem = error?.message;
  context.facts.snapshots.set(`${namespace}/${name}`, readyToUse === true ? 'ready' : problem === undefined ? 'pending' : { problem });
  return readyToUse === true && report(scope, 'VolumeSnapshotted', `${node}: VolumeSnapshot ${name} is ready`, node);
}

/** Asks for one without keeping it: a kind that is not served is not found, and one that was not is forgotten as soon as it is. */
async function probeSnapshots(scope: ActionContext, { node }: Extract<NetworkAction, { type: 'probeSnapshots' }>): Promise<boolean> {
  const { context, effective } = scope;
  if (!context.isLeader() || effective.snapshots === undefined) return false;
  const manifest = upgradeSnapshot(effective, node, effective.snapshots.className);
  const asked = await whereServed(scope, 'VolumeSnapshot', async () => {
    try {
      await context.client.create(volumeSnapshots, manifest, { dryRun: true });
    } catch (error) {
      if (!isApiError(error, 'AlreadyExists')) throw error;
    }
    return true;
  });
  return asked === true;
}
