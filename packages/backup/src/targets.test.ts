import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { utf8Encode } from '@civitas/canon';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { targetBelow } from './backup-target.ts';
import { FolderTarget } from './folder-target.ts';
import { BROKEN_OFF_MS, S3_ATTEMPTS_MAX } from './limits.ts';
import type { S3Answer, S3Call } from './s3-request.ts';
import { S3Target } from './s3-target.ts';

const PLACE = { endpoint: 'https://s3.example:9000', bucket: 'ledgers', prefix: 'city', forcePathStyle: true };
const answerOf = (status: number, xml = ''): S3Answer => ({ status, body: utf8Encode(xml) });
const refusal = (status: number, code: string): S3Answer =>
  answerOf(status, `<Error><Code>${code}</Code><Message>said so</Message></Error>`);

function aTarget(answers: readonly (S3Answer | Error)[], place: Partial<typeof PLACE> = {}) {
  const calls: S3Call[] = [];
  const pauses: number[] = [];
  const send = async (call: S3Call): Promise<S3Answer> => {
    const answer = answers[Math.min(calls.push(call), answers.length) - 1] ?? answerOf(200);
    if (!('status' in answer)) throw answer;
    return answer;
  };
  const target = new S3Target({ ...PLACE, ...place }, send, async (ms) => pauses.push(ms));
  return { target, calls, pauses };
}

describe('an S3 target', () => {
  test.each([
    [404, 'NoSuchBucket', 'TARGET_BUCKET'],
    [403, 'InvalidAccessKeyId', 'TARGET_CREDENTIALS'],
    [403, 'SignatureDoesNotMatch', 'TARGET_CREDENTIALS'],
    [403, 'RequestTimeTooSkewed', 'TARGET_CLOCK'],
    [403, 'AccessDenied', 'TARGET_DENIED'],
    [507, '', 'TARGET_FULL'],
    [400, 'QuotaExceeded', 'TARGET_FULL'],
  ])('that answers %s %s says %s at once', async (status, reason, code) => {
    const { target, calls } = aTarget([refusal(status, reason)]);
    await expect(target.write('a', new Uint8Array(1))).rejects.toMatchObject({ code, facts: { status } });
    expect(calls.length).toBe(1);
  });

  test('is asked again when it fails or cannot be reached, longer each time, and not for ever', async () => {
    const passing = aTarget([new Error('ECONNRESET'), refusal(503, 'SlowDown'), answerOf(200)]);
    await passing.target.write('a', new Uint8Array(1));
    expect([passing.calls.length, passing.pauses]).toEqual([3, [200, 400]]);
    const gone = aTarget([new Error('ECONNREFUSED')]);
    await expect(gone.target.read('a')).rejects.toMatchObject({ code: 'TARGET_UNREACHABLE' });
    expect(gone.calls.length).toBe(S3_ATTEMPTS_MAX);
    await expect(aTarget([refusal(500, 'InternalError')]).target.read('a')).rejects.toMatchObject({ code: 'TARGET_FAILED' });
  });

  test('names objects below its prefix, in the path or in the host', async () => {
    const path = aTarget([answerOf(200)]);
    await path.target.write('a/b', new Uint8Array(1));
    expect(path.calls[0]?.url).toBe('https://s3.example:9000/ledgers/city/a/b');
    const host = aTarget([refusal(404, 'NoSuchKey')], { forcePathStyle: false, prefix: '' });
    expect(await host.target.read('a')).toBeUndefined();
    expect(host.calls[0]?.url).toBe('https://ledgers.s3.example:9000/a');
  });

  test('lists page by page, without folders', async () => {
    const page = (keys: readonly string[], token?: string): S3Answer =>
      answerOf(
        200,
        `<R>${keys.map((key) => `<Key>city/${key}</Key>`).join('')}<IsTruncated>${token !== undefined}</IsTruncated>${token === undefined ? '' : `<NextContinuationToken>${token}</NextContinuationToken>`}</R>`,
      );
    const { target, calls } = aTarget([page(['x/2', 'x/'], 'next'), page(['x/1'])]);
    expect(await target.list('x')).toEqual(['x/1', 'x/2']);
    expect(calls[1]?.url).toContain('continuation-token=next');
  });

  test.each(['../x', '/x', 'a//b', '.hidden', 'a/../b', 'a b', ''])('takes no name like %p', async (name) => {
    await expect(async () => aTarget([answerOf(200)]).target.read(name)).rejects.toThrow(RangeError);
  });
});

describe('a folder target', () => {
  let place: string;
  beforeEach(() => {
    place = mkdtempSync(join(tmpdir(), 'civitas-target-'));
  });
  afterEach(() => rmSync(place, { recursive: true, force: true }));

  test('writes whole files, lists them in order, and leaves no empty folder behind', async () => {
    const target = targetBelow(new FolderTarget(join(place, 'root')), 'chain');
    await target.write('x/2', utf8Encode('two'));
    await target.write('x/1', utf8Encode('one'));
    writeFileSync(join(place, 'root', 'chain', 'x', '3.partial'), 'torn');
    expect(await target.list('')).toEqual(['x/1', 'x/2']);
    expect(await target.read('x/1')).toEqual(utf8Encode('one'));
    expect(await target.read('y/1')).toBeUndefined();
    expect(await target.list('nothing')).toEqual([]);
    for (const name of ['x/1', 'x/2', 'x/3', 'x/3']) await target.remove(name);
    expect(await new FolderTarget(join(place, 'root')).list('')).toEqual([]);
  });

  test('says what it failed of', async () => {
    writeFileSync(join(place, 'file'), '');
    await expect(new FolderTarget(join(place, 'file')).write('a', new Uint8Array(1))).rejects.toMatchObject({ code: 'TARGET_FAILED' });
    await expect(new FolderTarget('/dev/full').write('a', new Uint8Array(1))).rejects.toMatchObject({ name: 'BackupFault' });
    await expect(new FolderTarget('/proc').write('a', new Uint8Array(1))).rejects.toMatchObject({ name: 'BackupFault' });
  });
});

test('a folder drops what writes left that were broken off long ago, and nothing that may still be written', async () => {
  const place = mkdtempSync(join(tmpdir(), 'civitas-sweep-'));
  try {
    const later = Date.now() + BROKEN_OFF_MS + 60_000;
    const target = targetBelow(new FolderTarget(place, () => later), 'chain');
    await target.write('kept/page', new Uint8Array(1));
    for (const name of ['old', 'new']) {
      mkdirSync(join(place, 'chain', name), { recursive: true });
      writeFileSync(join(place, 'chain', name, 'page.partial'), '');
    }
    utimesSync(join(place, 'chain/new/page.partial'), later / 1000, later / 1000);
    await target.sweep('', BROKEN_OFF_MS);
    expect([await target.list(''), readdirSync(join(place, 'chain')).sort()]).toEqual([['kept/page'], ['kept', 'new']]);
    await targetBelow(new FolderTarget(place), 'none').sweep('', BROKEN_OFF_MS);
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
});
