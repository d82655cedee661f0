import { CONSOLE_ACCESS, CONSOLE_REQUEST } from '@civitas/deployment';
import { isConditionTrue, type KubeObject, keyOf } from '@civitas/kube';
import { LABELS, SYSTEM_NAMESPACE } from '../../core/desired/names.ts';
import type { LedgerNetwork } from '../../core/resources/ledger-network.ts';
import { findCityNetwork, linksOf, membersOf, type OperatorContext } from './operator-context.ts';

/** Authorities and genesis records are named after their network; names of networks and namespaces hold no dot. */
const OF_NETWORK = /^(?:ca|genesis)\.([^.]+)\.([^.]+)(?:\.[0-9]+)?$/;

type Waking = Pick<OperatorContext, 'wake' | 'caches' | 'clock'>;

/** Has looked at anew what a change of one of our objects concerns, and nothing else: hundreds of networks change a thousand objects at once. */
export function wakeForPart(context: Waking, object: KubeObject): void {
  const { namespace, name, labels } = object.metadata;
  if (labels?.[LABELS.backup] !== undefined) {
    for (const controller of ['backup', 'restore']) context.wake(controller);
    return;
  }
  if (namespace === SYSTEM_NAMESPACE) wakeForRecord(context, object.kind, name);
  const network = labels?.[LABELS.network];
  if (network !== undefined && namespace !== undefined && namespace !== SYSTEM_NAMESPACE)
    context.wake('network', [keyOf({ namespace, name: network })]);
  if (network === undefined || object.kind === 'Secret' || object.kind === 'Service') context.wake('relay');
}

/** An authority concerns whoever holds a certificate of it; a genesis whoever waits for that chain, and the city's all networks. */
function wakeForRecord(context: Waking, kind: string, name: string): void {
  context.wake('console');
  if (name === CONSOLE_REQUEST || name === CONSOLE_ACCESS) return;
  const [, namespace, of] = OF_NETWORK.exec(name) ?? [];
  const network = of === undefined ? undefined : context.caches.networks.store.get(keyOf({ namespace, name: of }));
  const isForAll = network === undefined || findCityNetwork(context)?.metadata.uid === network.metadata.uid;
  if (kind === 'Secret') wakeForAuthority(context, isForAll ? undefined : network);
  if (kind !== 'ConfigMap') return;
  const keys = isForAll ? undefined : [keyOf(network.metadata)];
  for (const controller of ['network', 'membership']) context.wake(controller, keys);
  context.wake('link', isForAll ? undefined : linksOf(context, network));
  context.wake('agency', isForAll ? undefined : membersOf(context, network));
  context.wake('relay');
}

function wakeForAuthority(context: Waking, network: LedgerNetwork | undefined): void {
  context.wake('network', network && [keyOf(network.metadata)]);
  context.wake('agency', network && membersOf(context, network));
}

/**
 * A network that has begun or ceased to serve concerns its links, its members and the relay, and the city's all the others, which it
 * registers. Told by the cache, so that whoever is woken reads the same.
 */
export function wakeForTurn(context: Waking, network: LedgerNetwork, previous: LedgerNetwork | undefined): void {
  const serves = (one: LedgerNetwork | undefined): boolean => isConditionTrue(one?.status?.conditions, 'Available');
  if (serves(network) === serves(previous)) return;
  const isCity = findCityNetwork(context)?.metadata.uid === network.metadata.uid;
  context.wake('membership', isCity ? undefined : [keyOf(network.metadata)]);
  context.wake('link', linksOf(context, network));
  context.wake('agency', membersOf(context, network));
  context.wake('relay');
}
