/** Values of a pod's own fields, for environment variables and downward files. */

import type { Pod } from './pod.ts';

/** What the kubelet knows before status says it. */
export interface PodPlace {
  readonly podIP: string;
  readonly hostIP: string;
  readonly nodeName: string;
}

const subscript = /^metadata\.(labels|annotations)\['([^']+)'\]$/;

/** Text of one field; undefined for a field path that Kubernetes does not offer. */
export function podFieldOf(pod: Pod, place: PodPlace, fieldPath: string): string | undefined {
  const { metadata, spec } = pod;
  const [, map, key = ''] = subscript.exec(fieldPath) ?? [];
  if (map === 'labels' || map === 'annotations') return metadata[map]?.[key] ?? '';
  switch (fieldPath) {
    case 'metadata.name':
      return metadata.name;
    case 'metadata.namespace':
      return metadata.namespace ?? 'default';
    case 'metadata.uid':
      return metadata.uid;
    case 'metadata.labels':
      return linesOf(metadata.labels);
    case 'metadata.annotations':
      return linesOf(metadata.annotations);
    case 'spec.nodeName':
      return place.nodeName;
    case 'spec.serviceAccountName':
      return spec.serviceAccountName ?? 'default';
    case 'status.podIP':
    case 'status.podIPs':
      return place.podIP;
    case 'status.hostIP':
    case 'status.hostIPs':
      return place.hostIP;
    default:
      return undefined;
  }
}

/** `key="escaped value"` a line, sorted: the form of a downward file of labels. */
function linesOf(map: Readonly<Record<string, string>> = {}): string {
  return Object.entries(map)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join('\n');
}
