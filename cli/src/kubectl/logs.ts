import { type Pod, pods } from '@civitas/kube';
import { usage } from '../commands/usage.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { KubectlContext } from './context.ts';
import { listOf } from './find.ts';
import { LOG_PODS_MAX } from './limits.ts';

export interface LogsOptions {
  readonly follow: boolean;
  readonly previous: boolean;
  readonly container: string | undefined;
  readonly tailLines: number;
}

const NETWORK_LABEL = 'civitas.dev/network';

/** What the pods of a node or a network wrote, each line led by its pod where there are several. */
export async function logsCommand(context: KubectlContext, name: string, options: LogsOptions): Promise<ExitCode> {
  const chosen = await podsOf(context, name);
  const [first] = chosen;
  if (first === undefined)
    throw usage(`no pod is called '${name}' and no network of that name has one; kubectl civitas status shows what there is`);
  if (chosen.length > LOG_PODS_MAX)
    throw usage(`'${name}' has ${chosen.length} pods, at most ${LOG_PODS_MAX} are read at once: name one of them`);
  const places = chosen.flatMap((pod) => containersOf(pod, options.container).map((container) => ({ pod, container })));
  if (places.length === 0)
    throw usage(`no pod of '${name}' has a container '${options.container}'; there are ${containersOf(first, undefined).join(', ')}`);
  if (context.terminal.json) {
    if (options.follow) throw usage('-o json is one document, and a log that is followed has no end: leave one of the two');
    context.terminal.result({ logs: await Promise.all(places.map((place) => wholeLog(context, place, options))) });
    return EXIT.ok;
  }
  const print = (text: string): void => context.terminal.line(text);
  await Promise.all(
    places.map(async ({ pod, container }) => {
      const prefix = places.length === 1 ? '' : `${pod.metadata.name}/${container} `;
      await copyLog(context, logPath(pod, container, options), (line) => print(`${prefix}${line}`));
    }),
  );
  return EXIT.ok;
}

async function podsOf(context: KubectlContext, name: string): Promise<readonly Pod[]> {
  const all = await listOf(context, pods);
  const named = all.filter(({ metadata }) => metadata.name === name);
  return named.length > 0 ? named : all.filter(({ metadata }) => metadata.labels?.[NETWORK_LABEL] === name);
}

function containersOf({ spec }: Pod, wanted: string | undefined): readonly string[] {
  const names = (spec?.containers ?? []).map(({ name }) => name);
  return wanted === undefined ? names : names.filter((name) => name === wanted);
}

function logPath({ metadata }: Pod, container: string, { follow, previous, tailLines }: LogsOptions): string {
  const query = new URLSearchParams({ container, tailLines: String(tailLines) });
  if (follow) query.set('follow', 'true');
  if (previous) query.set('previous', 'true');
  return `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}/log?${query.toString()}`;
}

/** For programs: lines as they are, by pod and container. */
async function wholeLog(
  context: KubectlContext,
  { pod, container }: { readonly pod: Pod; readonly container: string },
  options: LogsOptions,
): Promise<object> {
  const lines: string[] = [];
  await copyLog(context, logPath(pod, container, options), (line) => lines.push(line));
  const { name, namespace } = pod.metadata;
  return { namespace, pod: name, container, lines };
}

async function copyLog(context: KubectlContext, path: string, print: (line: string) => unknown): Promise<void> {
  const cluster = await context.cluster();
  let rest = '';
  for await (const text of await cluster.streamText(path, { signal: context.signal })) {
    const lines = `${rest}${text}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) print(line);
  }
  if (rest !== '') print(rest);
}
