import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spiffe } from '@civitas/deployment';
import { fc } from '@civitas/testkit/properties';
import { expect, test } from '@jest/globals';
import { nextTurn } from '../event-loop/next-turn.ts';
import { aTestAuthority, writeLeaf } from '../testing/test-authority.ts';
import { openCertificateFolder } from './certificate-folder.ts';
import { checkCertificateFiles } from './certificate-set.ts';

const NAME = spiffe.node('jincheng-city-1', 'civil-affairs', 'city-0');
const codeOf = (result: { ok: boolean; refusal?: { code: string } }): string => (result.ok ? 'ok' : (result.refusal?.code ?? ''));

test('a set that belongs together gives identity and end', async () => {
  const leaf = await (await aTestAuthority()).issue([NAME]);
  const checked = checkCertificateFiles(leaf, Date.now());

  expect(checked).toMatchObject({
    ok: true,
    value: { identity: { network: 'jincheng-city-1', organisation: 'civil-affairs', kind: 'node' } },
  });
});

test('a key of another leaf, a foreign authority, an ended leaf and a strange name are each refused with their code', async () => {
  const authority = await aTestAuthority();
  const [leaf, other] = await Promise.all([authority.issue([NAME]), authority.issue([NAME])]);
  const foreign = await (await aTestAuthority('foreign')).issue([NAME]);
  const check = (files: typeof leaf) => codeOf(checkCertificateFiles(files, Date.now()));

  expect(check({ ...leaf, privateKey: other.privateKey })).toBe('CERTIFICATE_KEY');
  expect(check({ ...leaf, authorities: foreign.authorities })).toBe('CERTIFICATE_CHAIN');
  expect(check(await authority.issue([NAME], -1))).toBe('CERTIFICATE_TIME');
  expect(check(await authority.issue(['spiffe://elsewhere/a/b/c']))).toBe('CERTIFICATE_NAME');
  expect(check(await authority.issue([NAME, spiffe.operator('jincheng-city-1')]))).toBe('CERTIFICATE_NAME');
  expect(check({ ...leaf, certificate: Buffer.from('torn') })).toBe('CERTIFICATE_FORM');
  expect(check({ ...leaf, certificate: Buffer.alloc(70_000) })).toBe('CERTIFICATE_FORM');
});

test('broken files leave the last good set in use, whole ones replace it, and listeners hear of the whole ones alone', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'certificates-'));
  const authority = await aTestAuthority();
  const [first, second] = await Promise.all([authority.issue([NAME]), authority.issue([NAME])]);
  const outcomes: string[] = [];
  writeLeaf(folder, first);
  const opened = await openCertificateFolder({
    folder,
    nowUnixMs: Date.now,
    onChange: (outcome) => outcomes.push('rejected' in outcome ? outcome.rejected : 'accepted'),
  });
  try {
    const published: Buffer[] = [];
    opened.provider.addIdentityCertificateListener((update) => published.push(update?.certificate ?? Buffer.alloc(0)));
    await nextTurn();
    writeFileSync(join(folder, 'tls.crt'), second.certificate);
    await opened.reload();
    expect(opened.current().certificate.equals(first.certificate)).toBe(true);
    writeFileSync(join(folder, 'tls.key'), second.privateKey);
    await opened.reload();

    expect(outcomes).toEqual(['accepted', 'CERTIFICATE_KEY', 'accepted']);
    expect(opened.current().certificate.equals(second.certificate)).toBe(true);
    expect(published.map((certificate) => certificate.equals(second.certificate))).toEqual([false, true]);
  } finally {
    opened.close();
    rmSync(folder, { recursive: true });
  }
});

test('no mutation of the files takes the identity away or lets another in', async () => {
  const leaf = await (await aTestAuthority()).issue([NAME]);
  const fields = ['certificate', 'privateKey', 'authorities'] as const;

  fc.assert(
    fc.property(fc.constantFrom(...fields), fc.nat(), fc.integer({ min: 1, max: 255 }), (field, at, by) => {
      const bytes = Buffer.from(leaf[field]);
      bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ by;
      const checked = checkCertificateFiles({ ...leaf, [field]: bytes }, Date.now());
      // A change of what PEM ignores is no change; anything else is refused, never thrown.
      if (checked.ok) expect(checked.value.identity.name).toBe('city-0');
    }),
    { numRuns: 400 },
  );
});
