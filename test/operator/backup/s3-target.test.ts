import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createS3Sender, FolderTarget, type S3Credentials, S3Target } from '@civitas/backup';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { aTestAuthority } from '../../../node/src/host/testing/test-authority.ts';
import { findS3Tool } from '../../../tools/s3/s3-tool.ts';
import { ACCESS, type S3Server, type S3ServerOptions, startS3Server } from './s3-server.ts';

const PORT = 17_791;
const PROXY_PORT = 17_792;
const BUCKET = 'ledgers';
let folder: string;
let options: S3ServerOptions;
let server: S3Server;
let authority: string;

/** Where there is no server the suite fails in CI and is skipped elsewhere. */
const isSkipped = findS3Tool() === undefined && process.env['CI'] === undefined;
if (isSkipped) process.stderr.write('SKIPPED: an S3 server: none is installed; npm run s3:install\n');
const describeWithS3 = isSkipped ? describe.skip : describe;

function aTarget(
  change: { credentials?: S3Credentials; port?: number; bucket?: string; authority?: string | undefined; requestMs?: number } = {},
): S3Target {
  const { credentials = ACCESS, port = PORT, bucket = BUCKET, requestMs = 5000 } = change;
  const trusted = 'authority' in change ? change.authority : authority;
  const sender = createS3Sender({ credentials, region: 'us-east-1', authority: trusted, requestMs });
  const place = { endpoint: `https://localhost:${port}`, bucket, prefix: 'city', forcePathStyle: true };
  return new S3Target(place, sender.send, async () => undefined);
}

const bytes = (count: number): Uint8Array<ArrayBuffer> => new Uint8Array(count).map((_, at) => at % 251);

describeWithS3('an S3 server', () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'civitas-s3-'));
    const leaf = await (await aTestAuthority('s3')).issue([], 1, ['localhost']);
    authority = leaf.authorities.toString();
    options = { folder, address: '127.0.0.1', port: PORT, certificate: leaf };
    server = await startS3Server(options);
  }, 30_000);

  afterAll(async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  beforeEach(() => {
    mkdirSync(join(server.root, BUCKET), { recursive: true });
  });

  test('keeps what is written, lists it page by page, and gives it back to the byte', async () => {
    const target = aTarget();
    await target.write('chain/chunks/00000.chunk', bytes(3_000_000));
    for (let at = 0; at < 30; at++) await target.write(`chain/lights/${String(at).padStart(3, '0')}.light`, bytes(at + 1));
    expect(Buffer.from((await target.read('chain/chunks/00000.chunk')) ?? '').equals(Buffer.from(bytes(3_000_000)))).toBe(true);
    expect((await target.list('chain/lights')).length).toBe(30);
    expect(await target.read('chain/none')).toBeUndefined();
    for (const name of await target.list('chain')) await target.remove(name);
    await target.remove('chain/none');
    expect(await target.list('chain')).toEqual([]);
  }, 30_000);

  test('says of wrong credentials, a missing bucket and a strange authority what they are', async () => {
    const wrong = { ...ACCESS, secretAccessKey: 'another-secret-key' };
    await expect(aTarget({ credentials: wrong }).write('a', bytes(9))).rejects.toMatchObject({ code: 'TARGET_CREDENTIALS' });
    const unknown = { accessKeyId: 'nobody-knows', secretAccessKey: 'x' };
    await expect(aTarget({ credentials: unknown }).read('a')).rejects.toMatchObject({ code: 'TARGET_CREDENTIALS' });
    await expect(aTarget({ bucket: 'missing' }).write('a', bytes(9))).rejects.toMatchObject({ code: 'TARGET_BUCKET' });
    await expect(aTarget({ authority: undefined }).read('a')).rejects.toMatchObject({ code: 'TARGET_UNREACHABLE' });
    await expect(aTarget({ port: 1 }).read('a')).rejects.toMatchObject({ code: 'TARGET_UNREACHABLE' });
  }, 30_000);

  test('has no object after an upload that was cut, and the next try writes it whole', async () => {
    let cutAfter = 200_000;
    const sockets = new Set<{ destroy(): unknown }>();
    const proxy: Server = createServer((client) => {
      const onward = connect({ host: '127.0.0.1', port: PORT });
      sockets.add(client).add(onward);
      let passed = 0;
      client.on('data', (part) => {
        passed += part.length;
        if (passed <= cutAfter) return void onward.write(part);
        client.destroy();
        onward.destroy();
      });
      onward.on('data', (part) => client.write(part));
      for (const socket of [client, onward]) socket.on('error', () => undefined);
      onward.on('close', () => client.destroy());
      client.on('close', () => onward.destroy());
    });
    await new Promise<void>((resolve) => proxy.listen(PROXY_PORT, '127.0.0.1', resolve));
    try {
      const target = aTarget({ port: PROXY_PORT });
      await expect(target.write('cut.chunk', bytes(1_000_000))).rejects.toMatchObject({ code: 'TARGET_UNREACHABLE' });
      expect(existsSync(join(server.root, BUCKET, 'city', 'cut.chunk'))).toBe(false);
      cutAfter = Number.POSITIVE_INFINITY;
      await target.write('cut.chunk', bytes(1_000_000));
      expect(readFileSync(join(server.root, BUCKET, 'city', 'cut.chunk')).length).toBe(1_000_000);
    } finally {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => proxy.close(resolve));
    }
  }, 30_000);

  test('that is away is waited for within the tries of a request, and is used again when it is back', async () => {
    await server.stop();
    await expect(aTarget().write('a', bytes(9))).rejects.toMatchObject({ code: 'TARGET_UNREACHABLE' });
    server = await startS3Server(options);
    await aTarget().write('a', bytes(9));
    expect(await aTarget().read('a')).toEqual(bytes(9));
  }, 30_000);

  test('hands out what somebody changed below it, which only the backup’s own proof tells', async () => {
    const target = aTarget();
    await target.write('chunk', bytes(100));
    writeFileSync(join(server.root, BUCKET, 'city', 'chunk'), bytes(99));
    expect((await target.read('chunk'))?.length).toBe(99);
  });
});

describe('a disk that is full', () => {
  test('is told by its own code, and nothing half-written is left', async () => {
    const place = mkdtempSync(join(tmpdir(), 'civitas-full-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', place]);
    try {
      const target = new FolderTarget(join(place, 'backups'));
      await target.write('small', bytes(1000));
      await expect(target.write('large', bytes(1_000_000))).rejects.toMatchObject({ code: 'TARGET_FULL' });
      expect(await target.list('')).toEqual(['small']);
      execFileSync('mount', ['-o', 'remount,ro', place]);
      await expect(target.write('more', bytes(1))).rejects.toMatchObject({ code: 'TARGET_DENIED' });
    } finally {
      execFileSync('umount', [place]);
      rmSync(place, { recursive: true, force: true });
    }
  });
});
