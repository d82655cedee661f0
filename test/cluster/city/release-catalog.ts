import { NEWEST_PROTOCOL } from '../../../node/src/core/protocol/rules.ts';
import type { BuiltImage } from '../../../tools/images/build-images.ts';
import type { Manifest } from '../../../tools/start/manifests.ts';

/** The image as a pod names it that takes it by digest. */
export const byDigest = ({ name, digest }: BuiltImage): string => `${name}@sha256:${digest}`;

/** Releases of one protocol version, each of which may follow the one before it. */
export function releaseCatalog(images: readonly BuiltImage[]): Manifest {
  const releases = images.map((image, index) => ({
    version: image.version,
    protocolVersion: NEWEST_PROTOCOL,
    nodeImage: byDigest(image),
    upgradesFrom: images.slice(0, index).map(({ version }) => version),
  }));
  return { apiVersion: 'civitas.dev/v1alpha1', kind: 'ReleaseCatalog', metadata: { name: 'stable' }, spec: { releases } };
}
