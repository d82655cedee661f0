import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type ImageConfig, layerOf, writeImage } from './oci-image.ts';

const CONFIG: ImageConfig = {
  name: 'civitas.dev/sample:1',
  entrypoint: ['/run'],
  command: ['serve'],
  environment: ['PATH=/bin'],
  user: '65532:65532',
  workingFolder: '/',
  labels: {},
  architecture: 'amd64',
};

describe('an image archive', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'civitas-oci-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const write = (name: string, content: string): ReturnType<typeof writeImage> =>
    writeImage(join(folder, name), CONFIG, [
      layerOf([{ kind: 'file', path: 'run', content: Buffer.from(content) }], 'run', join(folder, 'layers')),
    ]);

  test('is the same bytes for the same content, and another digest for another', () => {
    const [first, again, other] = [write('a.tar', 'one'), write('b.tar', 'one'), write('c.tar', 'two')];
    expect(again.digest).toBe(first.digest);
    expect(readFileSync(again.path).equals(readFileSync(first.path))).toBe(true);
    expect(other.digest).not.toBe(first.digest);
  });

  test('names every blob by its hash, and the index names the manifest', () => {
    const { path, digest } = write('a.tar', 'one');
    execFileSync('tar', ['-xf', path, '-C', folder]);
    const blobs = readdirSync(join(folder, 'blobs/sha256'));
    expect(blobs).toHaveLength(3);
    for (const name of blobs)
      expect(
        createHash('sha256')
          .update(readFileSync(join(folder, 'blobs/sha256', name)))
          .digest('hex'),
      ).toBe(name);
    const index = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')) as { manifests: { digest: string; annotations: object }[] };
    expect(index.manifests[0]?.digest).toBe(`sha256:${digest}`);
    expect(index.manifests[0]?.annotations).toEqual({
      'io.containerd.image.name': 'civitas.dev/sample:1',
      'org.opencontainers.image.ref.name': '1',
    });
  });
});
