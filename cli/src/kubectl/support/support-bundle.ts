import { writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { events, type KubeObject, type Pod, pods } from '@civitas/kube';
import { redactedFor, redactText } from '@civitas/telemetry/redact';
import { EXIT, type ExitCode } from '../../exit-codes.ts';
import type { KubectlContext } from '../context.ts';
import { discoverKinds } from '../discover-kinds.ts';
import { listOf } from '../find.ts';
import { SUPPORT_PODS_MAX } from '../limits.ts';
import { collectFindings } from '../why.ts';
import { collectLog, type FailedTrace } from './collect-logs.ts';
import { collectMetrics } from './collect-metrics.ts';
import { type TarEntry, tarOf } from './tar.ts';

/** Names of cluster objects say nothing of a person, and without them nothing is found again. */
const NAMES: ReadonlySet<string> = new Set(['name', 'address']);
const OURS = /^(civitas\.dev\/|app\.kubernetes\.io\/)/;

export interface SupportBundle {
  readonly entries: readonly TarEntry[];
  /** What could not be had, and why. */
  readonly missing: readonly string[];
}

function jsonEntry(path: string, value: unknown): TarEntry {
  return { path, bytes: Buffer.from(`${JSON.stringify(value, undefined, 2)}\n`) };
}

interface Shown {
  readonly metadata: KubeObject['metadata'];
  readonly spec?: unknown;
  readonly status?: unknown;
}

/** What an object is and how it is: no annotations, no managed fields, nothing personal. */
function shownObject({ metadata, ...object }: Shown): object {
  const { name, namespace, uid, generation, creationTimestamp, deletionTimestamp, labels } = metadata;
  const kept = Object.entries(labels ?? {}).filter(([label]) => OURS.test(label));
  return {
    metadata: { name, namespace, uid, generation, creationTimestamp, deletionTimestamp, labels: Object.fromEntries(kept) },
    spec: redactedFor(object.spec, NAMES),
    status: redactedFor(object.status, NAMES),
  };
}

/** A pod without its environment and arguments. */
function shownPod({ metadata, spec, status }: Pod): object {
  const images = (spec?.containers ?? []).map(({ name, image }) => ({ name, image }));
  return { ...shownObject({ metadata, status }), spec: { nodeName: spec?.nodeName, containers: images } };
}

function isOurs({ metadata }: Pod): boolean {
  return Object.keys(metadata.labels ?? {}).some((label) => label.startsWith('civitas.dev/')) || metadata.namespace === 'civitas-system';
}

/** Collects versions, objects with their conditions, Events, what is not green, metrics, logs, and traces of what failed. */
export async function collectSupport(context: KubectlContext, pluginVersion: string): Promise<SupportBundle> {
  const entries: TarEntry[] = [];
  const missing: string[] = [];
  const attempt = async (what: string, collect: () => Promise<void>): Promise<void> => {
    try {
      await collect();
    } catch (error) {
      if (context.signal.aborted) throw error;
      missing.push(`${what}: ${redactText(error instanceof Error ? error.message : String(error))}`);
    }
  };
  const cluster = await context.cluster();
  await attempt('version of the cluster', async () => {
    const server: unknown = JSON.parse(await cluster.getText('/version', { signal: context.signal }));
    entries.push(jsonEntry('versions.json', { plugin: pluginVersion, cluster: server, node: process.version }));
  });
  await attempt('objects', async () => {
    for (const { kind, resource } of await discoverKinds(context))
      await attempt(kind, async () => {
        entries.push(jsonEntry(`objects/${kind}.json`, (await listOf(context, resource)).map(shownObject)));
      });
  });
  await attempt('findings', async () => {
    entries.push(jsonEntry('findings.json', redactedFor({ findings: await collectFindings(context) }, NAMES)));
  });
  const ours = (await listOf(context, pods)).filter(isOurs);
  const chosen = ours.slice(0, SUPPORT_PODS_MAX);
  if (chosen.length < ours.length)
    missing.push(`pods: ${ours.length - chosen.length} of ${ours.length} are left out; name a namespace with -n`);
  entries.push(jsonEntry('pods.json', chosen.map(shownPod)));
  await attempt('events', async () => {
    const namespaces = new Set(chosen.map(({ metadata }) => metadata.namespace));
    const told = (await listOf(context, events)).filter(({ metadata }) => namespaces.has(metadata.namespace));
    const shown = told.map(({ reason, message, type, count, involvedObject, lastTimestamp }) =>
      redactedFor({ reason, message, type, count, lastTimestamp, involvedObject }, NAMES),
    );
    entries.push(jsonEntry('events.json', shown));
  });
  entries.push(...(await collectPods(context, chosen, missing)));
  return { entries, missing };
}

async function collectPods(context: KubectlContext, chosen: readonly Pod[], missing: string[]): Promise<readonly TarEntry[]> {
  const entries: TarEntry[] = [];
  const failures: FailedTrace[] = [];
  for (const pod of chosen) {
    const { namespace, name } = pod.metadata;
    const metrics = await collectMetrics(context, pod);
    if (metrics === undefined) missing.push(`metrics of ${namespace}/${name}: no answer`);
    else entries.push({ path: `metrics/${namespace}/${name}.txt`, bytes: Buffer.from(metrics) });
    for (const { name: container } of pod.spec?.containers ?? []) {
      for (const previous of [false, true]) {
        const path = `logs/${namespace}/${name}/${container}${previous ? '.previous' : ''}.log`;
        try {
          const log = await collectLog(context, pod, { container, previous });
          if (previous && log.text === '\n') continue;
          entries.push({ path, bytes: Buffer.from(log.text) });
          failures.push(...log.failures);
        } catch (error) {
          if (context.signal.aborted) throw error;
          // Most containers have no run before this one.
          if (!previous) missing.push(`${path}: ${redactText(error instanceof Error ? error.message : String(error))}`);
        }
      }
    }
  }
  return [...entries, jsonEntry('traces.json', failures)];
}

/** Writes the bundle, readable for its owner alone. */
export async function supportBundleCommand(
  context: KubectlContext,
  { out, version }: { readonly out: string | undefined; readonly version: string },
): Promise<ExitCode> {
  const atUnixMs = context.nowUnixMs();
  const { entries, missing } = await collectSupport(context, version);
  const path = out ?? `civitas-support-${new Date(atUnixMs).toISOString().replaceAll(':', '').slice(0, 17)}.tar.gz`;
  const about = jsonEntry('bundle.json', { madeAt: new Date(atUnixMs).toISOString(), files: entries.map((entry) => entry.path), missing });
  const bytes = gzipSync(tarOf([about, ...entries], atUnixMs));
  await writeFile(path, bytes, { mode: 0o600, flag: 'wx' });
  for (const line of missing) context.terminal.note(`not in it: ${line}`);
  context.terminal.line(
    `${path}: ${entries.length + 1} files, ${bytes.length} bytes. Secrets were not read and personal values are censored.`,
  );
  context.terminal.result({ path, files: entries.map((entry) => entry.path), byteCount: bytes.length, missing });
  return EXIT.ok;
}
