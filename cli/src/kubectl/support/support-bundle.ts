import { writeFile } from 'node:fs/promises';
import { events, type KubeObject, type Pod, pods } from '@civitas/kube';
import { collectSupport, type SupportSource, supportArchive, supportFileName } from '@civitas/telemetry/support';
import { EXIT, type ExitCode } from '../../exit-codes.ts';
import type { KubectlContext } from '../context.ts';
import { listOf } from '../find.ts';
import { SUPPORT_BYTES_MAX } from '../limits.ts';
import { collectFindings } from '../why.ts';

/** With the rights of whoever calls the plugin, in the namespace they named or everywhere. */
async function sourceOf(context: KubectlContext): Promise<SupportSource> {
  const cluster = await context.cluster();
  const { signal, namespace } = context;
  return {
    signal,
    namespaces: [namespace],
    listObjects: (resource) => listOf<KubeObject>(context, resource),
    listPods: (): Promise<readonly Pod[]> => listOf(context, pods),
    listEvents: () => listOf(context, events),
    findings: () => collectFindings(context),
    getText: (path, within = signal) => cluster.getText(path, { signal: within }),
    streamText: (path) => cluster.streamText(path, { signal }),
  };
}

/** Writes the bundle, readable for its owner alone. */
export async function supportBundleCommand(
  context: KubectlContext,
  { out, version }: { readonly out: string | undefined; readonly version: string },
): Promise<ExitCode> {
  const atUnixMs = context.nowUnixMs();
  const bundle = await collectSupport(await sourceOf(context), { versions: { plugin: version }, bytesMax: SUPPORT_BYTES_MAX });
  const { entries, missing } = bundle;
  const path = out ?? supportFileName(atUnixMs);
  const bytes = await supportArchive(bundle, atUnixMs);
  await writeFile(path, bytes, { mode: 0o600, flag: 'wx' });
  for (const line of missing) context.terminal.note(`not in it: ${line}`);
  context.terminal.line(
    `${path}: ${entries.length + 1} files, ${bytes.length} bytes. Secrets were not read and personal values are censored.`,
  );
  context.terminal.result({ path, files: entries.map((entry) => entry.path), byteCount: bytes.length, missing });
  return EXIT.ok;
}
