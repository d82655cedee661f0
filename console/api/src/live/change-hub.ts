import type { ChangeEvent } from '@civitas/console-contract';
import type { KubeObject, Reflector } from '@civitas/kube';
import type { CityCaches } from '../kube/city-caches.ts';
import type { CityView } from '../kube/city-view.ts';
import { CHANGES_KEPT } from './limits.ts';

/** A change, and the agencies that may hear of it. */
export interface HeardChange {
  /** Grows by one with each change of this process. */
  readonly sequence: number;
  readonly event: ChangeEvent;
  readonly agencies: readonly string[];
}

/** Every change of our kinds and of the ledgers, told to all who listen. */
export interface ChangeHub {
  /** Names this process: sequences of another one mean nothing here. */
  readonly epoch: string;
  readonly sequence: number;
  listen(onChange: (change: HeardChange) => void): () => void;
  /** Tells a change that no resource shows. @param agencies who may hear of it. */
  tell(event: ChangeEvent, agencies: readonly string[]): void;
  /** Changes after a sequence; undefined when some of them are no longer kept. */
  since(sequence: number): readonly HeardChange[] | undefined;
  close(): void;
}

type Audience<T> = (object: T) => readonly string[];

/** @param epoch a word that no other process uses. */
export function createChangeHub(caches: CityCaches, view: CityView, epoch: string): ChangeHub {
  const listeners = new Set<(change: HeardChange) => void>();
  let kept: HeardChange[] = [];
  let sequence = 0;
  const ends: (() => void)[] = [];
  const tell = (event: ChangeEvent, agencies: readonly string[]): void => {
    sequence += 1;
    const change = { sequence, event, agencies };
    kept.push(change);
    if (kept.length > 2 * CHANGES_KEPT) kept = kept.slice(-CHANGES_KEPT);
    for (const listener of listeners) listener(change);
  };
  const follow = <T extends KubeObject>(reflector: Reflector<T>, kind: ChangeEvent['kind'], audienceOf: Audience<T>): void => {
    // The first state is no change.
    let isLive = false;
    const end = reflector.subscribe(({ object }) => {
      if (!isLive) return;
      const { namespace = '', name, resourceVersion } = object.metadata;
      tell({ kind, namespace, name, resourceVersion }, audienceOf(object));
    });
    isLive = true;
    ends.push(end);
  };
  const ofNetwork = (namespace: string | undefined, name: string | undefined): readonly string[] =>
    name === undefined ? [] : view.partsOf({ namespace: namespace ?? '', name }).map(({ agency }) => agency);
  follow(caches.networks, 'LedgerNetwork', ({ metadata }) => ofNetwork(metadata.namespace, metadata.name));
  follow(caches.nodes, 'LedgerNode', ({ metadata, spec }) => ofNetwork(metadata.namespace, spec.networkRef));
  follow(caches.links, 'LedgerLink', ({ metadata, spec }) => [spec.from, spec.to].flatMap((name) => ofNetwork(metadata.namespace, name)));
  follow(caches.agencies, 'Agency', ({ metadata }) => [metadata.name]);
  follow(caches.memberships, 'AgencyMembership', ({ spec }) => [spec.agencyRef]);
  follow(caches.validatorChanges, 'ValidatorChange', ({ metadata, spec }) => ofNetwork(metadata.namespace, spec.networkRef));
  follow(caches.operations, 'LedgerOperation', ({ metadata, spec }) => ofNetwork(metadata.namespace, spec.networkRef));
  return {
    epoch,
    get sequence() {
      return sequence;
    },
    listen(onChange) {
      listeners.add(onChange);
      return () => listeners.delete(onChange);
    },
    tell,
    since(after) {
      if (after > sequence) return undefined;
      const first = kept[0]?.sequence ?? sequence + 1;
      return after + 1 < first ? undefined : kept.filter((change) => change.sequence > after);
    },
    close() {
      for (const end of ends) end();
      listeners.clear();
    },
  };
}
