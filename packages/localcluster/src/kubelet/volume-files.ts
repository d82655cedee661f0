/** Which files a volume holds, from the objects it refers to. */

import type { ClusterPort, KubeObject } from '../cluster-port.ts';
import type { VolumeFile, VolumeFiles } from './atomic-writer.ts';
import {
  type ConfigMapSource,
  configMapsResource,
  type DownwardSource,
  type KeyToPath,
  type Pod,
  type SecretSource,
  secretsResource,
  type Volume,
} from './pod.ts';
import { type PodPlace, podFieldOf } from './pod-fields.ts';

export interface VolumeContext {
  readonly port: ClusterPort;
  readonly pod: Pod;
  readonly place: PodPlace;
  readonly caPem: string;
  /** The bearer token of a ServiceAccount of the pod's namespace; throws when there is none. */
  readonly tokenOf: (serviceAccount: string) => string;
}

/** Files, or in words what has to come first. */
export type VolumeContent = { readonly ok: true; readonly files: VolumeFiles } | { readonly ok: false; readonly missing: string };

const configMapMode = 0o644;
/** On a shared machine a secret is its owner's alone, unless the pod says otherwise. */
const secretMode = 0o600;

/** Content of a configMap, secret, downwardAPI or projected volume; undefined for the kinds that are folders. */
export function volumeContentOf(volume: Volume, context: VolumeContext): VolumeContent | undefined {
  if (volume.configMap !== undefined) return configMapFiles(volume.configMap, context);
  if (volume.secret !== undefined) return secretFiles(volume.secret, context);
  if (volume.downwardAPI !== undefined) return downwardFiles(volume.downwardAPI, context);
  if (volume.projected === undefined) return undefined;
  const { defaultMode, sources = [] } = volume.projected;
  const mode = defaultMode === undefined ? {} : { defaultMode };
  const files = new Map<string, VolumeFile>();
  for (const source of sources) {
    const content =
      source.configMap !== undefined
        ? configMapFiles({ ...source.configMap, ...mode }, context)
        : source.secret !== undefined
          ? secretFiles({ ...source.secret, ...mode }, context)
          : source.downwardAPI !== undefined
            ? downwardFiles({ ...source.downwardAPI, ...mode }, context)
            : source.serviceAccountToken !== undefined
              ? tokenFile(source.serviceAccountToken.path, context)
              : undefined;
    if (content === undefined) continue;
    if (!content.ok) return content;
    for (const [path, file] of content.files) files.set(path, file);
  }
  return { ok: true, files };
}

/** token, ca.crt and namespace, as every pod gets them that does not say no. */
export function serviceAccountFiles(context: VolumeContext): VolumeContent {
  const token = tokenFile('token', context);
  if (!token.ok) return token;
  const files = new Map(token.files);
  files.set('ca.crt', { bytes: Buffer.from(context.caPem), mode: 0o644 });
  files.set('namespace', { bytes: Buffer.from(namespaceOf(context.pod)), mode: 0o644 });
  return { ok: true, files };
}

/** Bytes by key of a ConfigMap or a Secret. */
export function dataOf(object: KubeObject): ReadonlyMap<string, Uint8Array> {
  const isSecret = object.kind === 'Secret';
  const text = Object.entries((object['data'] ?? {}) as Record<string, string>);
  const binary = Object.entries((object['binaryData'] ?? {}) as Record<string, string>);
  const plain = text.map(([key, value]) => [key, Buffer.from(value, isSecret ? 'base64' : 'utf8')] as const);
  return new Map([...plain, ...binary.map(([key, value]) => [key, Buffer.from(value, 'base64')] as const)]);
}

function configMapFiles(source: ConfigMapSource, { port, pod }: VolumeContext): VolumeContent {
  const name = source.name ?? '';
  const object = port.find(configMapsResource, namespaceOf(pod), name);
  return filesOf(object, source, { what: `configmap "${name}"`, mode: configMapMode });
}

function secretFiles(source: SecretSource, { port, pod }: VolumeContext): VolumeContent {
  const name = source.secretName ?? source.name ?? '';
  const object = port.find(secretsResource, namespaceOf(pod), name);
  return filesOf(object, source, { what: `secret "${name}"`, mode: secretMode });
}

function filesOf(
  object: KubeObject | undefined,
  source: { readonly items?: readonly KeyToPath[]; readonly optional?: boolean; readonly defaultMode?: number },
  { what, mode }: { what: string; mode: number },
): VolumeContent {
  if (object === undefined) return source.optional === true ? { ok: true, files: new Map() } : { ok: false, missing: `${what} not found` };
  const data = dataOf(object);
  const items = source.items ?? [...data.keys()].map((key): KeyToPath => ({ key, path: key }));
  const files = new Map<string, VolumeFile>();
  for (const item of items) {
    const bytes = data.get(item.key);
    if (bytes !== undefined) files.set(item.path, { bytes, mode: item.mode ?? source.defaultMode ?? mode });
    else if (source.optional !== true) return { ok: false, missing: `${what} has no key "${item.key}"` };
  }
  return { ok: true, files };
}

function downwardFiles(source: DownwardSource, { pod, place }: VolumeContext): VolumeContent {
  const files = new Map<string, VolumeFile>();
  for (const item of source.items ?? []) {
    const fieldPath = item.fieldRef?.fieldPath ?? '';
    const text = podFieldOf(pod, place, fieldPath);
    if (text === undefined) return { ok: false, missing: `field "${fieldPath}" is not one a downward file can show` };
    files.set(item.path, { bytes: Buffer.from(text), mode: item.mode ?? source.defaultMode ?? 0o644 });
  }
  return { ok: true, files };
}

function tokenFile(path: string, { pod, tokenOf }: VolumeContext): VolumeContent {
  const name = pod.spec.serviceAccountName ?? 'default';
  try {
    return { ok: true, files: new Map([[path, { bytes: Buffer.from(tokenOf(name)), mode: 0o600 }]]) };
  } catch (error) {
    return { ok: false, missing: `serviceaccount "${name}" has no token: ${error instanceof Error ? error.message : String(error)}` };
  }
}

function namespaceOf(pod: Pod): string {
  return pod.metadata.namespace ?? 'default';
}
