import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type TarEntry, tarOf } from './tar.ts';

/** What a container runtime is told beside the files. */
export interface ImageConfig {
  /** `repository:tag`. */
  readonly name: string;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly environment: readonly string[];
  /** `uid:gid`. */
  readonly user: string;
  readonly workingFolder: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly architecture: 'amd64' | 'arm64';
}

/** A layer, compressed: what it is made of is decided by its files alone. */
export interface Layer {
  /** SHA-256 of the uncompressed archive, hex: the layer's `diff_id`. */
  readonly diffId: string;
  readonly blob: Buffer;
  /** What the layer holds, for `docker history`. */
  readonly description: string;
}

export interface WrittenImage {
  /** SHA-256 of the manifest, hex: what `name@sha256:…` names. */
  readonly digest: string;
  readonly path: string;
  readonly compressedBytes: number;
}

const sha256 = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex');

/** @param cacheFolder Compressed layers are kept there by `diffId`: the base layer is 130 MB and seldom changes. */
export function layerOf(entries: readonly TarEntry[], description: string, cacheFolder?: string): Layer {
  const archive = tarOf(entries);
  const diffId = sha256(archive);
  const cached = cacheFolder === undefined ? undefined : join(cacheFolder, `${diffId}.tar.gz`);
  if (cached !== undefined && existsSync(cached)) return { diffId, blob: readFileSync(cached), description };
  const blob = gzipSync(archive, { level: 6 });
  if (cached !== undefined) writeWhole(cached, blob);
  return { diffId, blob, description };
}

/**
 * Writes an image as one OCI layout archive, which `ctr images import`, `skopeo copy oci-archive:` and `podman load` read. Equal layers and
 * configuration give equal bytes.
 */
export function writeImage(path: string, config: ImageConfig, layers: readonly Layer[]): WrittenImage {
  const blobs = new Map<string, Buffer>();
  const put = (mediaType: string, blob: Buffer): { mediaType: string; digest: string; size: number } => {
    const digest = sha256(blob);
    blobs.set(digest, blob);
    return { mediaType, digest: `sha256:${digest}`, size: blob.length };
  };
  const json = (value: object): Buffer => Buffer.from(JSON.stringify(value));
  const manifest = put(
    'application/vnd.oci.image.manifest.v1+json',
    json({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: put('application/vnd.oci.image.config.v1+json', json(configDocument(config, layers))),
      layers: layers.map(({ blob }) => put('application/vnd.oci.image.layer.v1.tar+gzip', blob)),
    }),
  );
  const annotations = { 'io.containerd.image.name': config.name, 'org.opencontainers.image.ref.name': config.name.split(':').at(-1) };
  const platform = { architecture: config.architecture, os: 'linux' };
  const files: TarEntry[] = [
    { kind: 'file', path: 'oci-layout', content: json({ imageLayoutVersion: '1.0.0' }) },
    { kind: 'file', path: 'index.json', content: json({ schemaVersion: 2, manifests: [{ ...manifest, platform, annotations }] }) },
    ...[...blobs].map(([digest, content]): TarEntry => ({ kind: 'file', path: `blobs/sha256/${digest}`, content })),
  ];
  writeWhole(path, tarOf(files));
  const compressedBytes = layers.reduce((total, { blob }) => total + blob.length, 0);
  return { digest: manifest.digest.slice('sha256:'.length), path, compressedBytes };
}

function configDocument(config: ImageConfig, layers: readonly Layer[]): object {
  // No build date: the same sources are the same image.
  const created = '1970-01-01T00:00:00Z';
  return {
    created,
    architecture: config.architecture,
    os: 'linux',
    config: {
      User: config.user,
      Env: config.environment,
      Entrypoint: config.entrypoint,
      Cmd: config.command,
      WorkingDir: config.workingFolder,
      Labels: config.labels,
    },
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => `sha256:${diffId}`) },
    history: layers.map(({ description }) => ({ created, created_by: description })),
  };
}

function writeWhole(path: string, content: Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, content);
  renameSync(`${path}.new`, path);
}
