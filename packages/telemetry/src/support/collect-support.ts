import { SUPPORT_PODS_MAX } from '../limits.ts';
import { redactedFor, redactText } from '../redact.ts';
import { collectLog, type FailedTrace } from './collect-logs.ts';
import { collectMetrics } from './collect-metrics.ts';
import type { SupportedEvent, SupportedObject, SupportedPod, SupportResource, SupportSource } from './support-source.ts';
import type { TarEntry } from './tar.ts';

/** Names of cluster objects say nothing of a person, and without them nothing is found again. */
const NAMES: ReadonlySet<string> = new Set(['name', 'address']);
const OURS = /^(civitas\.dev\/|app\.kubernetes\.io\/)/;
const SYSTEM_NAMESPACE = 'civitas-system';
const KINDS_PATH = '/apis/civitas.dev/v1alpha1';

/** What a bundle says of who made it. */
export interface SupportMaker {
  /** Such as `{ plugin: '0.1.0' }`. */
  readonly versions: Readonly<Record<string, string>>;
  /** Bytes of all files together; what would be more is left out. */
  readonly bytesMax: number;
}

export interface SupportBundle {
  readonly entries: readonly TarEntry[];
  /** What could not be had, and why. */
  readonly missing: readonly string[];
}

function jsonEntry(path: string, value: unknown): TarEntry {
  return { path, bytes: Buffer.from(`${JSON.stringify(value, undefined, 2)}\n`) };
}

/** What an object is and how it is: no annotations, no managed fields, nothing personal. */
function shownObject({ metadata, ...object }: SupportedObject): object {
  const { name, namespace, uid, generation, creationTimestamp, deletionTimestamp, labels } = metadata;
  const kept = Object.entries(labels ?? {}).filter(([label]) => OURS.test(label));
  return {
    metadata: { name, namespace, uid, generation, creationTimestamp, deletionTimestamp, labels: Object.fromEntries(kept) },
    spec: redactedFor(object.spec, NAMES),
    status: redactedFor(object.status, NAMES),
  };
}

/** A pod without its environment and arguments. */
function shownPod({ metadata, spec, status }: SupportedPod): object {
  const images = (spec?.containers ?? []).map(({ name, image }) => ({ name, image }));
  return { ...shownObject({ metadata, status }), spec: { nodeName: spec?.nodeName, containers: images } };
}

function shownEvent({ reason, message, type, count, involvedObject, lastTimestamp }: SupportedEvent): unknown {
  return redactedFor({ reason, message, type, count, lastTimestamp, involvedObject }, NAMES);
}

function isOurs({ metadata }: SupportedPod): boolean {
  return Object.keys(metadata.labels ?? {}).some((label) => label.startsWith('civitas.dev/')) || metadata.namespace === SYSTEM_NAMESPACE;
}

function textOf(error: unknown): string {
  return redactText(error instanceof Error ? error.message : String(error));
}

interface ResourceList {
  readonly resources: readonly {
    readonly name: string;
    readonly kind: string;
    readonly namespaced: boolean;
    readonly verbs: readonly string[];
  }[];
}

/** Files so far, and what is missing among them. */
class Collection {
  readonly entries: TarEntry[] = [];
  readonly missing: string[] = [];
  readonly #source: SupportSource;
  #bytesLeft: number;

  constructor(source: SupportSource, bytesMax: number) {
    this.#source = source;
    this.#bytesLeft = bytesMax;
  }

  add(entry: TarEntry): void {
    if (entry.bytes.length > this.#bytesLeft) {
      this.missing.push(`${entry.path}: the bundle is full`);
      return;
    }
    this.#bytesLeft -= entry.bytes.length;
    this.entries.push(entry);
  }

  async attempt(what: string, collect: () => Promise<void>): Promise<void> {
    try {
      await collect();
    } catch (error) {
      if (this.#source.signal.aborted) throw error;
      this.missing.push(`${what}: ${textOf(error)}`);
    }
  }
}

/**
 * Collects versions, objects with their conditions, Events, what is not green, metrics, logs, and traces of what failed. Secrets and
 * ConfigMaps are not asked for; everything else is redacted. What cannot be had is said, and nothing else is kept back for it.
 *
 * @throws what the source threw last, once its signal has aborted.
 */
export async function collectSupport(source: SupportSource, { versions, bytesMax }: SupportMaker): Promise<SupportBundle> {
  const collection = new Collection(source, bytesMax);
  const { missing } = collection;
  await collection.attempt('version of the cluster', async () => {
    const cluster: unknown = JSON.parse(await source.getText('/version'));
    collection.add(jsonEntry('versions.json', { ...versions, cluster, node: process.version }));
  });
  await collection.attempt('objects', async () => {
    for (const { kind, resource } of await servedKinds(source))
      await collection.attempt(kind, async () =>
        collection.add(jsonEntry(`objects/${kind}.json`, (await source.listObjects(resource)).map(shownObject))),
      );
  });
  const { findings } = source;
  if (findings === undefined) missing.push('findings: kubectl civitas why says what is not green and what to do about it');
  else
    await collection.attempt('findings', async () =>
      collection.add(jsonEntry('findings.json', redactedFor({ findings: await findings() }, NAMES))),
    );
  const ours: SupportedPod[] = [];
  const events: SupportedEvent[] = [];
  for (const namespace of source.namespaces) {
    const place = namespace === undefined ? '' : ` of ${namespace}`;
    await collection.attempt(`pods${place}`, async () => void ours.push(...(await source.listPods(namespace)).filter(isOurs)));
    await collection.attempt(`events${place}`, async () => void events.push(...(await source.listEvents(namespace))));
  }
  const chosen = ours.slice(0, SUPPORT_PODS_MAX);
  if (chosen.length < ours.length)
    missing.push(`pods: ${ours.length - chosen.length} of ${ours.length} are left out; name a namespace with -n`);
  collection.add(jsonEntry('pods.json', chosen.map(shownPod)));
  const namespaces = new Set(chosen.map(({ metadata }) => metadata.namespace));
  collection.add(jsonEntry('events.json', events.filter(({ metadata }) => namespaces.has(metadata.namespace)).map(shownEvent)));
  await collectPods(source, chosen, collection);
  return collection;
}

/** Every kind of civitas.dev that the cluster has, also those that this release is too old to know. */
async function servedKinds(source: SupportSource): Promise<readonly { readonly kind: string; readonly resource: SupportResource }[]> {
  const list: ResourceList = JSON.parse(await source.getText(KINDS_PATH));
  return list.resources
    .filter(({ name, verbs }) => !name.includes('/') && verbs.includes('list'))
    .map(({ name, kind, namespaced }) => ({ kind, resource: { group: 'civitas.dev', version: 'v1alpha1', plural: name, namespaced } }));
}

async function collectPods(source: SupportSource, chosen: readonly SupportedPod[], collection: Collection): Promise<void> {
  const failures: FailedTrace[] = [];
  for (const pod of chosen) {
    const { namespace, name } = pod.metadata;
    const metrics = await collectMetrics(source, pod);
    if (metrics === undefined) collection.missing.push(`metrics of ${namespace}/${name}: no answer`);
    else collection.add({ path: `metrics/${namespace}/${name}.txt`, bytes: Buffer.from(metrics) });
    for (const { name: container } of pod.spec?.containers ?? []) {
      for (const previous of [false, true]) {
        const path = `logs/${namespace}/${name}/${container}${previous ? '.previous' : ''}.log`;
        try {
          const log = await collectLog(source, pod, { container, previous });
          if (previous && log.text === '\n') continue;
          collection.add({ path, bytes: Buffer.from(log.text) });
          failures.push(...log.failures);
        } catch (error) {
          if (source.signal.aborted) throw error;
          // Most containers have no run before this one.
          if (!previous) collection.missing.push(`${path}: ${textOf(error)}`);
        }
      }
    }
  }
  collection.add(jsonEntry('traces.json', failures));
}
