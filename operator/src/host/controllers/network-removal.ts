import { nodeCrypto } from '@civitas/canon/node';
import { configMaps, isApiError, namespaces, persistentVolumeClaims, pods, secrets } from '@civitas/kube';
import { authorityGenerationName, genesisRecordName, nodeDataName, SYSTEM_NAMESPACE } from '../../core/desired/names.ts';
import { issuedAuthorityName } from '../../core/desired/optional-objects.ts';
import { tombstoneName, tombstoneObject } from '../../core/desired/tombstone.ts';
import { deletionPolicyOf } from '../../core/plan/deletion-policy.ts';
import type { EffectiveNetwork } from '../../core/plan/effective-network.ts';
import { genesisHashOf } from '../../core/plan/genesis-record.ts';
import type { NetworkPlan } from '../../core/plan/network-plan.ts';
import type { ObservedNetwork } from '../../core/plan/observed-network.ts';
import { type ObservedRemoval, planRemoval, type RemovalStep } from '../../core/plan/removal-plan.ts';
import type { LedgerNetwork } from '../../core/resources/ledger-network.ts';
import { certificates } from '../apply/kinds.ts';
import { closeLedger } from '../ledger/close-ledger.ts';
import { consensusKeyReservations, ledgerBackups } from '../observe/custom-resources.ts';
import { findGenesisRecord, type OperatorContext } from './operator-context.ts';

/** What a pass over a deleted network came to: what it waits for, or that nothing of it runs any more. */
export type Removal = { readonly isGone: true } | { readonly isGone: false; readonly step: RemovalStep };

/**
 * One step of a network's removal: links, the tombstone, pods, then what the policy says. Services, configuration and certificates follow
 * by owner reference.
 */
export async function removeNetwork(context: OperatorContext, observed: ObservedNetwork, plan: NetworkPlan): Promise<Removal> {
  const { effective } = plan;
  const { metadata } = observed.network;
  const isNamespaceEnding = await isEnding(context, effective.namespace);
  const step = planRemoval({
    observed,
    effective,
    deletedAtUnixMs: Date.parse(metadata.deletionTimestamp ?? metadata.creationTimestamp),
    hasTombstone: hasTombstone(context, observed.network),
    isNamespaceEnding,
    backups: backupsToGo(context, observed.network),
  });
  if (!context.isLeader()) return { isGone: false, step };
  switch (step.type) {
    case 'wait':
      if (step.reason === 'Draining') reportOnce(context, observed, { reason: 'Draining', message: step.message });
      return { isGone: false, step };
    case 'publishTombstone':
      await publish(context, observed, { effective, forced: step.forced });
      return { isGone: false, step };
    case 'deleteBackups':
      for (const name of step.names) await deleteBackup(context, { namespace: effective.namespace, name });
      return { isGone: false, step };
    case 'deletePods':
      for (const { name, uid } of step.pods) {
        await context.client.delete(pods, { namespace: effective.namespace, name }, { uid });
        context.events.record(observed.network, { type: 'Normal', reason: 'PodDeleted', message: `${name}: the network is being removed` });
      }
      return { isGone: false, step };
    case 'finish':
      await finish(context, observed, { effective, isNamespaceEnding });
      return { isGone: true };
  }
}

/** Of a network whose namespace is going before this operator has ever looked into it: the tombstone from its status alone. */
export async function removeUnseen(context: OperatorContext, network: LedgerNetwork): Promise<boolean> {
  const id = { namespace: network.metadata.namespace ?? '', name: network.metadata.name };
  if (!context.isLeader() || !(await isEnding(context, id.namespace))) return false;
  const genesisText = findGenesisRecord(context, id);
  if (genesisText !== undefined && !hasTombstone(context, network))
    await create(context, network, {
      genesisText,
      closing: statusFacts(network),
      forced: `namespace ${id.namespace} is being deleted`,
      volumes: [],
    });
  return true;
}

export async function isEnding({ client }: OperatorContext, namespace: string): Promise<boolean> {
  return (await client.find(namespaces, { name: namespace }))?.metadata.deletionTimestamp !== undefined;
}

/** None where the policy keeps them. */
function backupsToGo({ caches }: OperatorContext, { metadata, spec }: LedgerNetwork): ObservedRemoval['backups'] {
  if (deletionPolicyOf(spec).backups !== 'Delete') return [];
  return caches.backups.store
    .list(metadata.namespace)
    .filter((backup) => backup.spec.networkRef === metadata.name)
    .map((backup) => ({ name: backup.metadata.name, isDeleting: backup.metadata.deletionTimestamp !== undefined }));
}

/** The network's policy stands above that of each backup: it is told first what becomes of its files. */
async function deleteBackup({ client }: OperatorContext, ref: { readonly namespace: string; readonly name: string }): Promise<void> {
  try {
    await client.mergePatch(ledgerBackups, ref, { spec: { deletionPolicy: 'Delete' } });
  } catch (error) {
    if (!isApiError(error, 'NotFound')) throw error;
  }
  await client.delete(ledgerBackups, ref);
}

function hasTombstone({ workspaces }: OperatorContext, { metadata }: LedgerNetwork): boolean {
  const name = tombstoneName({ namespace: metadata.namespace ?? '', name: metadata.name }, metadata.uid);
  return workspaces.find(SYSTEM_NAMESPACE)?.configMaps.store.get(`${SYSTEM_NAMESPACE}/${name}`) !== undefined;
}

function statusFacts({ status }: LedgerNetwork) {
  return { height: status?.height ?? 0, root: status?.root ?? '', node: '', lightBlock: '', lightBlockHeight: 0 };
}

async function publish(
  context: OperatorContext,
  observed: ObservedNetwork,
  { effective, forced }: { readonly effective: EffectiveNetwork; readonly forced: string },
): Promise<void> {
  const { network, genesisRecord = '' } = observed;
  const closing = (await closeLedger(context, observed, effective)) ?? statusFacts(network);
  const volumes = effective.nodes.map(({ name }) => `${effective.namespace}/${nodeDataName(name)}`);
  const abandoned = forced === '' ? [] : observed.openLinks;
  await create(context, network, { genesisText: genesisRecord, closing, forced, volumes, abandoned });
  const gaveUp = forced === '' ? '' : `; ${abandoned.length} links were given up: ${forced}`;
  const message = `${effective.chainId} ended at height ${closing.height} with state root ${closing.root}${gaveUp}`;
  context.events.record(network, { type: forced === '' ? 'Normal' : 'Warning', reason: 'TombstonePublished', message });
}

/** A second try after a crash finds the first one's: what was said last stays. */
async function create(
  context: OperatorContext,
  network: LedgerNetwork,
  facts: {
    readonly genesisText: string;
    readonly closing: ReturnType<typeof statusFacts>;
    readonly forced: string;
    readonly volumes: readonly string[];
    readonly abandoned?: ObservedNetwork['openLinks'];
  },
): Promise<void> {
  const { metadata, spec, status } = network;
  const tombstone = tombstoneObject({
    ...{ abandoned: [], ...facts, metadata, chainId: spec.chainId, engine: status?.engine ?? 'embedded' },
    genesisHash: genesisHashOf(facts.genesisText, nodeCrypto.sha256),
    removedAtUnixMs: context.clock.nowUnixMs(),
    policy: deletionPolicyOf(spec),
  });
  try {
    await context.client.create(configMaps, tombstone);
  } catch (error) {
    if (!isApiError(error, 'AlreadyExists')) throw error;
  }
}

async function finish(
  context: OperatorContext,
  observed: ObservedNetwork,
  { effective, isNamespaceEnding }: { readonly effective: EffectiveNetwork; readonly isNamespaceEnding: boolean },
): Promise<void> {
  const policy = deletionPolicyOf(observed.network.spec);
  const { client } = context;
  if (!isNamespaceEnding) await releaseKeys(context, observed);
  for (const name of Object.keys(observed.nodes)) {
    context.connections.forget(`${effective.namespace}/${name}`);
    if (policy.data === 'Delete') await client.delete(persistentVolumeClaims, { namespace: effective.namespace, name: nodeDataName(name) });
  }
  // Its text stands in the tombstone; without it the name is free for another chain.
  if (policy.data === 'Delete') await client.delete(configMaps, { namespace: SYSTEM_NAMESPACE, name: genesisRecordName(effective) });
  if (policy.keys === 'Delete') {
    await context.authorities.remove(effective, generationsOf(observed));
    if (effective.issuer !== undefined) await forgetIssued(client, effective, observed);
  }
  context.events.record(observed.network, { type: 'Normal', ...farewell(effective, observed, policy) });
}

/** No pod of it is left, so nobody can sign with its keys: whoever takes the volumes up again may. */
async function releaseKeys(context: OperatorContext, observed: ObservedNetwork): Promise<void> {
  const own = new Set(Object.keys(observed.nodes).map((name) => `${observed.network.metadata.namespace}/${name}`));
  for (const { holder, name, uid } of Object.values(observed.reservations)) {
    if (own.has(holder)) await context.client.delete(consensusKeyReservations, { name }, { uid });
  }
}

/** What an issuer gave: the wish for it first, or it would be given anew. */
async function forgetIssued(client: OperatorContext['client'], effective: EffectiveNetwork, observed: ObservedNetwork): Promise<void> {
  for (const generation of generationsOf(observed)) {
    const place = { namespace: SYSTEM_NAMESPACE, name: issuedAuthorityName(effective, generation) };
    await client.delete(certificates, place);
    await client.delete(secrets, place);
  }
}

/** Of the authority, also where none has been seen yet. */
const generationsOf = ({ authorities = [] }: ObservedNetwork): readonly number[] =>
  authorities.length === 0 ? [1] : authorities.map(({ generation }) => generation);

/** Secrets of every generation of the authority. */
function authorityNames(effective: EffectiveNetwork, observed: ObservedNetwork): readonly string[] {
  return generationsOf(observed).map((generation) => authorityGenerationName(effective, generation));
}

/** What is kept and where, or that it is not. */
function farewell(
  effective: EffectiveNetwork,
  observed: ObservedNetwork,
  policy: ReturnType<typeof deletionPolicyOf>,
): { readonly reason: string; readonly message: string } {
  const volumes = effective.nodes.map(({ name }) => nodeDataName(name)).join(', ');
  const authority = `Secret ${authorityNames(effective, observed).join(', ')}`;
  if (policy.data === 'Delete') {
    const keys = policy.keys === 'Delete' ? `; ${authority} is deleted, as deletionPolicy.keys asks` : `; kept: ${authority}`;
    return {
      reason: 'DataDeleted',
      message: `volumes ${volumes} in ${effective.namespace} are deleted, as deletionPolicy.data asks${keys}; chain id ${effective.chainId} has ended for good`,
    };
  }
  const records = `ConfigMap ${genesisRecordName(effective)} and ${authority} in ${SYSTEM_NAMESPACE}`;
  return {
    reason: 'DataRetained',
    message: `kept: volumes ${volumes} in ${effective.namespace}, ${records}; the same name and chainId take them up again`,
  };
}

/** An Event at the first step of a removal only: the condition carries what changes. */
function reportOnce(context: OperatorContext, { network }: ObservedNetwork, event: { reason: string; message: string }): void {
  const before = network.status?.conditions?.find(({ type }) => type === 'Progressing');
  if (before?.reason !== event.reason) context.events.record(network, { type: 'Normal', ...event });
}
