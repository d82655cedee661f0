import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { describe, expect, test } from '@jest/globals';
import { type Component, sbomOf } from './sbom.ts';

const SUBJECT = { name: 'civitas.dev/node', version: '0.1.0', digest: 'a'.repeat(64) };
const COMPONENTS: readonly Component[] = [
  { type: 'library', name: 'lmdb', version: '3.5.6', purl: 'pkg:npm/lmdb@3.5.6', licence: 'MIT', sha512: 'b'.repeat(128) },
  { type: 'library', name: 'libc6', version: '2.36', purl: 'pkg:deb/debian/libc6@2.36', licence: 'LGPL-2.1-or-later' },
  { type: 'library', name: 'odd', version: '1.0.0', purl: 'pkg:npm/odd@1.0.0', licence: 'SEE LICENSE IN x/y' },
  { type: 'library', name: 'x/net', version: 'v0.1.0', purl: 'pkg:golang/x/net@v0.1.0', goSum: 'h1:abc=' },
  { type: 'application', name: 'cometbft', version: '1', purl: 'pkg:generic/cometbft@1', sha256: 'c'.repeat(64) },
];

describe('the list of what an image holds', () => {
  test('is CycloneDX 1.6 by its published schema', async () => {
    const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
    expect(await validator.validate(JSON.stringify(sbomOf(SUBJECT, COMPONENTS)))).toBeNull();
    expect(await validator.validate(JSON.stringify({ ...sbomOf(SUBJECT, COMPONENTS), components: [{ type: 'nothing' }] }))).not.toBeNull();
  });

  test('is the same for the same image, names each part once, and has another number for another image', () => {
    const list = JSON.stringify(sbomOf(SUBJECT, COMPONENTS));
    expect(JSON.stringify(sbomOf(SUBJECT, [...COMPONENTS, ...COMPONENTS].reverse()))).toBe(list);
    expect(JSON.stringify(sbomOf({ ...SUBJECT, digest: 'd'.repeat(64) }, COMPONENTS))).not.toBe(list);
  });
});
