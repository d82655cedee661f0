import {
  type Applier,
  type Clock,
  type Controller,
  createApplier,
  createEventRecorder,
  createReflector,
  type IndexFunction,
  type KubeClient,
  type KubeObject,
  keyOf,
  type Log,
  type MetricsSink,
  ownKey,
  type Reflector,
  type Resource,
} from '@civitas/kube';
import { ANNOTATIONS, SYSTEM_NAMESPACE } from '../../core/desired/names.ts';
import { createLiveWrites } from '../apply/live-writes.ts';
import { type OpenDirectory, openKeycloak } from '../identity/identity-provider.ts';
import { createConnections } from '../ledger/connections.ts';
import { createAuthorities } from '../observe/authorities.ts';
import {
  accessPolicies,
  agencies,
  agencyMemberships,
  cityConfigs,
  consensusKeyReservations,
  ledgerBackupSchedules,
  ledgerBackups,
  ledgerLinkGrants,
  ledgerLinks,
  ledgerNetworks,
  ledgerNodes,
  ledgerOperations,
  ledgerRestores,
  packInstalls,
  releaseCatalogs,
  validatorChanges,
} from '../observe/custom-resources.ts';
import { VotingRecord } from '../observe/voting-record.ts';
import { createWorkspaces } from '../observe/workspaces.ts';
import type { OperatorMetrics } from '../telemetry/operator-metrics.ts';
import { createAccessPolicyController } from './access-policy-controller.ts';
import { createAgencyController } from './agency-controller.ts';
import { createAgencyIdentityController } from './agency-identity-controller.ts';
import { createAgencyMembershipController } from './agency-membership-controller.ts';
import { createBackupController } from './backup-controller.ts';
import { createBackupScheduleController } from './backup-schedule-controller.ts';
import { createCityController } from './city-controller.ts';
import { CONSOLE_KEY, createConsoleController } from './console-controller.ts';
import { createJoinBundleController } from './join-bundle-controller.ts';
import { createLinkController } from './link-controller.ts';
import { createLinkGrantController } from './link-grant-controller.ts';
import { createMembershipController } from './membership-controller.ts';
import { createNetworkController } from './network-controller.ts';
import { createOperationController } from './operation-controller.ts';
import { type Caches, INDEXES, type LedgerFacts, type OperatorContext } from './operator-context.ts';
import { createPackInstallController } from './pack-install-controller.ts';
import { createRelayController, RELAY_KEY } from './relay-controller.ts';
import { createRestoreController } from './restore-controller.ts';
import { createValidatorChangeController } from './validator-change-controller.ts';
import { wakeForPart, wakeForTurn } from './wake-for-part.ts';

/** Begins the name of each field manager of ours, of this release and of every other. */
const FIELD_MANAGER = 'civitas-';

export interface ControllersOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: MetricsSink;
  readonly operatorMetrics: OperatorMetrics;
  readonly isLeader: () => boolean;
  /** How the identity provider is asked; default Keycloak's Admin REST. */
  readonly openDirectory?: OpenDirectory;
}

export interface RunningControllers {
  /** All caches hold the server's state, and no network's status is older than this process. */
  isReady(): boolean;
  /** No reconcile is stuck. */
  isHealthy(): boolean;
  stop(): Promise<void>;
}

/** Starts caches and controllers; resolves when all of them work. */
export async function startControllers(options: ControllersOptions, signal: AbortSignal): Promise<RunningControllers> {
  const { client, metrics, log, clock } = options;
  const caches = followKinds(options);
  const reflectors: readonly Reflector<KubeObject>[] = Object.values(caches);
  const controllers = new Map<string, Controller>();

  const wake: OperatorContext['wake'] = (name, keys) => {
    const controller = controllers.get(name);
    if (name === 'relay') controller?.enqueue(RELAY_KEY);
    else for (const key of keys ?? keysOf(name, caches)) controller?.enqueue(key);
  };
  const onChange = (object: KubeObject): void => wakeForPart(context, object);
  const workspaces = createWorkspaces({ client, metrics, log, onChange });
  const context: OperatorContext = {
    ...options,
    events: createEventRecorder({ client, component: 'civitas-operator', clock, metrics, log }),
    caches,
    workspaces,
    authorities: createAuthorities(client, () => workspaces.find(SYSTEM_NAMESPACE)?.secrets),
    connections: createConnections(() => clock.nowUnixMs()),
    facts: noFacts(),
    liveWrites: createLiveWrites(clock),
    applierOf: createAppliers(client),
    wake,
  };
  const stop = async (): Promise<void> => {
    await Promise.all([...controllers.values()].map((controller) => controller.stop()));
    await Promise.all(reflectors.map((reflector) => reflector.stop()));
    await context.workspaces.stop();
    await context.events.flush();
    context.connections.close();
  };
  try {
    for (const reflector of reflectors) reflector.start();
    await untilKnown(caches, signal);
    await context.workspaces.enter(SYSTEM_NAMESPACE, signal);
    addControllers(context, controllers, options.openDirectory ?? openKeycloak(clock));
    subscribe(context, controllers);
    await startAll(controllers, caches, { signal, log });
  } catch (error) {
    await stop();
    throw error;
  }
  wake('relay');
  const hasLooked = whenFirst(() => caches.networks.store.keys().every((key) => context.facts.looked.has(key)));
  return {
    isReady: () => reflectors.every((reflector) => reflector.hasSynced() || !reflector.isServed()) && hasLooked(),
    isHealthy: () => [...controllers.values()].every((controller) => controller.healthy()),
    stop,
  };
}

/** Kinds without which nothing is done: a fence that cannot be read is no fence. */
const NEEDED: readonly (keyof Caches)[] = ['networks', 'nodes', 'agencies', 'cities', 'reservations'];

/** The controller that works on a kind of its own, which waits for that kind where it is not served yet. */
const CONTROLLER_OF: Partial<Record<keyof Caches, string>> = {
  links: 'link',
  linkGrants: 'linkgrant',
  memberships: 'agencymembership',
  validatorChanges: 'validatorchange',
  operations: 'operation',
  backups: 'backup',
  backupSchedules: 'schedule',
  restores: 'restore',
  accessPolicies: 'accesspolicy',
  packInstalls: 'packinstall',
};

/** All caches are filled, but for those of kinds whose definition is older than this operator or missing. */
async function untilKnown(caches: Caches, signal: AbortSignal): Promise<void> {
  await Promise.all(Object.values(caches).map((reflector: Reflector<KubeObject>) => reflector.waitForAnswer(signal)));
  await Promise.all(NEEDED.map((name) => caches[name].waitForSync(signal)));
}

async function startAll(
  controllers: ReadonlyMap<string, Controller>,
  caches: Caches,
  { signal, log }: { readonly signal: AbortSignal; readonly log: Log },
): Promise<void> {
  const waiting = new Set(
    Object.entries(CONTROLLER_OF).flatMap(([name, controller]) => (caches[name as keyof Caches].isServed() ? [] : [controller])),
  );
  const starts = [...controllers].map(async ([name, controller]) => {
    const started = controller.start(signal);
    if (!waiting.has(name)) return started;
    log.warn({ controller: name }, 'its kind is not served: it waits for the definition');
    started.catch((error: unknown) => log.debug({ controller: name, error }, 'it was not started'));
  });
  await Promise.all(starts);
}

/** Our own kinds, everywhere. */
function followKinds({ client, metrics, log, clock }: ControllersOptions): Caches {
  const follow = <T extends KubeObject>(resource: Resource<T>, indexes: Readonly<Record<string, IndexFunction<T>>> = {}): Reflector<T> =>
    createReflector({ client, resource, metrics, log, clock, indexes });
  return {
    networks: follow(ledgerNetworks),
    nodes: follow(ledgerNodes, {
      [INDEXES.network]: ({ metadata, spec }) => [keyOf({ namespace: metadata.namespace, name: spec.networkRef })],
      [INDEXES.uid]: ({ metadata }) => [metadata.uid],
    }),
    links: follow(ledgerLinks),
    linkGrants: follow(ledgerLinkGrants),
    agencies: follow(agencies),
    memberships: follow(agencyMemberships),
    cities: follow(cityConfigs),
    reservations: follow(consensusKeyReservations, {
      [INDEXES.network]: ({ spec }) => [keyOf({ namespace: spec.namespace, name: spec.networkRef })],
      [INDEXES.key]: ({ spec }) => [spec.publicKeyHash],
    }),
    validatorChanges: follow(validatorChanges),
    operations: follow(ledgerOperations),
    catalogs: follow(releaseCatalogs),
    backups: follow(ledgerBackups),
    backupSchedules: follow(ledgerBackupSchedules),
    restores: follow(ledgerRestores),
    accessPolicies: follow(accessPolicies),
    packInstalls: follow(packInstalls),
  };
}

function createAppliers(client: KubeClient): OperatorContext['applierOf'] {
  const appliers = new Map<string, Applier>();
  return (controller) => {
    const isOwnManager = (manager: string): boolean => manager.startsWith(FIELD_MANAGER);
    const names = { fieldManager: `${FIELD_MANAGER}${controller}`, isOwnManager, digestAnnotation: ANNOTATIONS.applied };
    const applier = appliers.get(controller) ?? createApplier(client, names);
    appliers.set(controller, applier);
    return applier;
  };
}

function noFacts(): LedgerFacts {
  return {
    registered: new Set(),
    enrolments: new Map(),
    heard: new Set(),
    voting: new VotingRecord(),
    looked: new Set(),
    standings: new Map(),
    joins: new Map(),
    protocols: new Map(),
    volumeProblems: new Map(),
    identities: new Map(),
    relayConfigurations: new Map(),
    absentKinds: new Map(),
    optionalApplied: new Map(),
    authorityProblems: new Map(),
    snapshots: new Map(),
    takenUp: new Map(),
    seenDecided: new Set(),
  };
}

function addControllers(context: OperatorContext, controllers: Map<string, Controller>, openDirectory: OpenDirectory): void {
  const relay = createRelayController(context);
  controllers.set('network', createNetworkController(context, relay.key));
  controllers.set('relay', relay.controller);
  controllers.set('membership', createMembershipController(context));
  controllers.set('joinbundle', createJoinBundleController(context));
  controllers.set('link', createLinkController(context));
  controllers.set('linkgrant', createLinkGrantController(context));
  controllers.set('agency', createAgencyController(context));
  controllers.set('agencyidentity', createAgencyIdentityController(context, openDirectory));
  controllers.set('agencymembership', createAgencyMembershipController(context));
  controllers.set('city', createCityController(context));
  controllers.set('console', createConsoleController(context));
  controllers.set('validatorchange', createValidatorChangeController(context));
  controllers.set('operation', createOperationController(context));
  controllers.set('backup', createBackupController(context));
  controllers.set('schedule', createBackupScheduleController(context));
  controllers.set('restore', createRestoreController(context));
  controllers.set('accesspolicy', createAccessPolicyController(context));
  controllers.set('packinstall', createPackInstallController(context));
}

/** Holds from the first time on that it held. */
function whenFirst(holds: () => boolean): () => boolean {
  let held = false;
  return () => {
    held ||= holds();
    return held;
  };
}

function keysOf(name: string, caches: Caches): readonly string[] {
  switch (name) {
    case 'network':
    case 'membership':
      return caches.networks.store.keys();
    case 'link':
      return caches.links.store.keys();
    case 'agency':
      return caches.agencies.store.keys();
    case 'console':
      return [CONSOLE_KEY];
    case 'backup':
      return caches.backups.store.keys();
    case 'schedule':
      return caches.backupSchedules.store.keys();
    case 'restore':
      return caches.restores.store.keys();
    case 'validatorchange':
      return caches.validatorChanges.store.keys();
    default:
      return [];
  }
}

/** Whose change concerns whom. Status writes of our own do not wake their own controller again: it looks by the clock. */
function subscribe(context: OperatorContext, controllers: ReadonlyMap<string, Controller>): void {
  const { caches, wake } = context;
  const own = (reflector: Reflector<KubeObject>, names: readonly string[]): void => {
    for (const name of names) {
      controllers.get(name)?.watch(reflector, (change) => (isOnlyStatus(change.object, change.previous) ? [] : ownKey(change)));
    }
  };
  own(caches.networks, ['network', 'membership', 'joinbundle']);
  own(caches.links, ['link']);
  own(caches.linkGrants, ['linkgrant']);
  own(caches.agencies, ['agency', 'agencyidentity']);
  own(caches.memberships, ['agencymembership']);
  own(caches.cities, ['city']);
  own(caches.validatorChanges, ['validatorchange']);
  own(caches.backups, ['backup']);
  own(caches.backupSchedules, ['schedule']);
  own(caches.restores, ['restore']);
  own(caches.accessPolicies, ['accesspolicy']);
  own(caches.packInstalls, ['packinstall']);
  // Also on a change of status: an operation's end begins the time it is kept for.
  controllers.get('operation')?.watch(caches.operations, ownKey);
  const wakes: readonly (readonly [Reflector<KubeObject>, readonly string[]])[] = [
    [caches.cities, ['network', 'relay', 'agency', 'link']],
    [caches.agencies, ['network', 'membership']],
    [caches.memberships, ['network', 'membership', 'agency']],
    [caches.links, ['relay', 'network']],
    [caches.linkGrants, ['link']],
    [caches.networks, ['relay', 'link', 'agency', 'console']],
    [caches.catalogs, ['network']],
  ];
  caches.networks.subscribe(({ object, previous }) => wakeForTurn(context, object, previous));
  caches.nodes.subscribe(({ type, object, previous }) => {
    const network = [keyOf({ namespace: object.metadata.namespace, name: object.spec.networkRef })];
    // A node that goes may free its key, for whichever network has a copy of it.
    wake('network', type === 'DELETED' ? undefined : network);
    // A node's keys are proposed to the members as soon as it has reported them.
    if (JSON.stringify(object.status?.organisations) !== JSON.stringify(previous?.status?.organisations)) wake('membership', network);
  });
  caches.reservations.subscribe(({ type, object: { spec } }) =>
    wake('network', type === 'DELETED' ? undefined : [keyOf({ namespace: spec.namespace, name: spec.networkRef })]),
  );
  // What became of a backup decides what its schedule retires and what its network says.
  caches.backups.subscribe(({ object, previous }) => {
    const hasTurned = object.status?.finishedAt !== previous?.status?.finishedAt;
    if (hasTurned || object.metadata.finalizers?.length !== previous?.metadata.finalizers?.length)
      for (const name of ['schedule', 'network']) wake(name);
  });
  for (const [reflector, names] of wakes) {
    reflector.subscribe((change) => {
      if (isOnlyStatus(change.object, change.previous)) return;
      for (const name of names) wake(name);
    });
  }
}

function isOnlyStatus(object: KubeObject, previous: KubeObject | undefined): boolean {
  if (previous === undefined) return false;
  const { generation, deletionTimestamp, finalizers } = object.metadata;
  const before = previous.metadata;
  return (
    generation === before.generation && deletionTimestamp === before.deletionTimestamp && finalizers?.length === before.finalizers?.length
  );
}
