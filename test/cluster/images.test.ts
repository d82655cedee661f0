import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type BuiltImage, buildImage } from '../../tools/images/build-images.ts';
import { ROOT } from './city/sample-city.ts';

interface Sbom {
  readonly components: readonly { readonly purl: string; readonly licenses?: readonly object[] }[];
}

describe('an image that is built without a base', () => {
  let folder = '';
  let node: BuiltImage;
  const build = (name: string): BuiltImage => buildImage('node', { root: ROOT, folder: join(folder, name), version: '0.1.0' });
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'civitas-images-'));
    node = build('first');
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test('is the same to the last byte when it is built again', () => {
    const again = build('second');
    expect(again.digest).toBe(node.digest);
    expect(readFileSync(again.path).equals(readFileSync(node.path))).toBe(true);
    expect(readFileSync(again.sbomPath, 'utf8')).toBe(readFileSync(node.sbomPath, 'utf8'));
  });

  test('has a list of contents that CycloneDX accepts: npm packages, C libraries, Go modules, each with its licence where one is known', async () => {
    const text = readFileSync(node.sbomPath, 'utf8');
    expect(await new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(text)).toBeNull();
    const { components } = JSON.parse(text) as Sbom;
    const purls = components.map(({ purl }) => purl);
    for (const part of [
      'pkg:npm/lmdb@',
      'pkg:npm/node-linux-',
      'pkg:deb/debian/libc6@',
      'pkg:golang/github.com/cometbft/cometbft@',
      'pkg:golang/stdlib@',
    ])
      expect(purls.filter((purl) => purl.startsWith(part))).toHaveLength(1);
    expect(
      components.filter(
        ({ purl, licenses }) => !purl.startsWith('pkg:golang/') && !purl.startsWith('pkg:generic/') && licenses === undefined,
      ),
    ).toEqual([]);
    expect(purls.filter((purl) => /jest|typescript|biome/.test(purl))).toEqual([]);
  });
});
