/** The environment of a container: what its spec says and nothing of the kubelet's own. */

import { join } from 'node:path';
import type { ClusterPort } from '../cluster-port.ts';
import { type Container, configMapsResource, type EnvVariable, type Pod, secretsResource } from './pod.ts';
import { type PodPlace, podFieldOf } from './pod-fields.ts';
import { dataOf } from './volume-files.ts';

export interface EnvironmentContext {
  readonly port: ClusterPort;
  readonly pod: Pod;
  readonly place: PodPlace;
  /** Value of CIVITAS_ROOT and HOME. */
  readonly root: string;
  /** The API server, `https://127.0.0.1:6443`. */
  readonly apiUrl: string;
  /** Variables every container gets. */
  readonly base: Readonly<Record<string, string>>;
  /** The kubelet's environment: PATH, TZ and LANG pass, the rest does not. */
  readonly parent: Readonly<Record<string, string | undefined>>;
}

export type Environment =
  | { readonly ok: true; readonly variables: Readonly<Record<string, string>> }
  | { readonly ok: false; readonly missing: string };

/** Variables in the order of their precedence: base, envFrom, env; `$(NAME)` in a value means a variable defined before it. */
export function environmentOf(container: Container, context: EnvironmentContext): Environment {
  const variables = new Map(Object.entries(baseOf(context)));
  for (const source of container.envFrom ?? []) {
    const reference = source.configMapRef ?? source.secretRef;
    if (reference === undefined) continue;
    const kind = source.configMapRef === undefined ? 'secret' : 'configmap';
    const data = lookUp(kind, reference.name, context);
    if (data === undefined && reference.optional !== true) return { ok: false, missing: `${kind} "${reference.name}" not found` };
    for (const [key, bytes] of data ?? []) variables.set(`${source.prefix ?? ''}${key}`, Buffer.from(bytes).toString('utf8'));
  }
  for (const variable of container.env ?? []) {
    const value = valueOf(variable, context);
    if (!value.ok) return value;
    if (value.text !== undefined) variables.set(variable.name, expand(value.text, variables));
  }
  return { ok: true, variables: Object.fromEntries(variables) };
}

/** Replaces `$(NAME)` by the variable's value; an unknown name stays as it is, `$$(NAME)` is a literal `$(NAME)`. */
export function expand(text: string, variables: ReadonlyMap<string, string>): string {
  return text.replace(/\$\$|\$\(([A-Za-z_][A-Za-z0-9_.-]*)\)/g, (whole, name: string | undefined) => {
    if (name === undefined) return '$';
    return variables.get(name) ?? whole;
  });
}

function baseOf({ pod, root, apiUrl, base, parent }: EnvironmentContext): Record<string, string> {
  const api = new URL(apiUrl);
  const allowed = ['PATH', 'TZ', 'LANG'].flatMap((name) => {
    const value = parent[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    ...Object.fromEntries(allowed),
    ...base,
    HOME: root,
    TMPDIR: join(root, 'tmp'),
    CIVITAS_ROOT: root,
    HOSTNAME: pod.metadata.name,
    KUBERNETES_SERVICE_HOST: api.hostname,
    KUBERNETES_SERVICE_PORT: api.port || '443',
  };
}

type Value = { readonly ok: true; readonly text: string | undefined } | { readonly ok: false; readonly missing: string };

function valueOf({ name, value, valueFrom }: EnvVariable, context: EnvironmentContext): Value {
  if (valueFrom === undefined) return { ok: true, text: value ?? '' };
  if (valueFrom.fieldRef !== undefined) {
    const { fieldPath } = valueFrom.fieldRef;
    const text = podFieldOf(context.pod, context.place, fieldPath);
    return text === undefined ? { ok: false, missing: `env ${name}: unknown field "${fieldPath}"` } : { ok: true, text };
  }
  const reference = valueFrom.configMapKeyRef ?? valueFrom.secretKeyRef;
  if (reference === undefined) return { ok: false, missing: `env ${name}: this source is not offered on this machine` };
  const kind = valueFrom.configMapKeyRef === undefined ? 'secret' : 'configmap';
  const data = lookUp(kind, reference.name, context);
  const bytes = data?.get(reference.key);
  if (bytes !== undefined) return { ok: true, text: Buffer.from(bytes).toString('utf8') };
  if (reference.optional === true) return { ok: true, text: undefined };
  const missing =
    data === undefined ? `${kind} "${reference.name}" not found` : `${kind} "${reference.name}" has no key "${reference.key}"`;
  return { ok: false, missing };
}

function lookUp(
  kind: 'configmap' | 'secret',
  name: string,
  { port, pod }: EnvironmentContext,
): ReadonlyMap<string, Uint8Array> | undefined {
  const object = port.find(kind === 'secret' ? secretsResource : configMapsResource, pod.metadata.namespace, name);
  return object === undefined ? undefined : dataOf(object);
}
