import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import fastify from 'fastify';
import { serveWeb } from './web-files.ts';

test('a page of another release is sent, also one of the same length from an image whose files have no time', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'civitas-web-'));
  const app = fastify();
  const writePage = (script: string): void => {
    writeFileSync(join(folder, 'index.html'), `<script src="/assets/${script}.js"></script>`);
    utimesSync(join(folder, 'index.html'), 0, 0);
  };
  try {
    mkdirSync(join(folder, 'assets'));
    writeFileSync(join(folder, 'assets', 'main-0123abcd.js'), '1');
    writePage('main-0123abcd');
    await serveWeb(app, folder);
    const first = await app.inject('/');
    expect([first.statusCode, first.headers['cache-control']]).toEqual([200, 'no-cache']);
    writePage('main-4567abcd');
    const { etag, 'last-modified': since } = first.headers;
    const known = {
      ...(etag === undefined ? {} : { 'if-none-match': etag }),
      ...(since === undefined ? {} : { 'if-modified-since': since }),
    };
    const second = await app.inject({ url: '/', headers: known });
    expect(second.statusCode).toBe(200);
    expect(second.body).toContain('main-4567abcd');
    expect((await app.inject('/assets/main-0123abcd.js')).headers['cache-control']).toContain('immutable');
  } finally {
    await app.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

test('a compressed copy is sent to who takes it, as what it is, and the file itself to who does not', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'civitas-web-'));
  const app = fastify();
  try {
    mkdirSync(join(folder, 'assets'));
    const script = 'export const one = 1;\n'.repeat(100);
    writeFileSync(join(folder, 'assets', 'main-0123abcd.js'), script);
    writeFileSync(join(folder, 'assets', 'main-0123abcd.js.gz'), gzipSync(script));
    writeFileSync(join(folder, 'assets', 'small-0123abcd.js'), '1');
    await serveWeb(app, folder);
    const ask = (name: string, encodings: string) =>
      app.inject({ url: `/assets/${name}-0123abcd.js`, headers: { 'accept-encoding': encodings } });
    const compressed = await ask('main', 'gzip, deflate, br');
    expect(gunzipSync(compressed.rawPayload).toString()).toBe(script);
    expect(compressed.headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'accept-encoding' });
    expect(compressed.headers['content-type']).toMatch(/javascript/);
    expect(compressed.headers['cache-control']).toContain('immutable');
    const plain = await ask('main', 'identity');
    expect([plain.body, plain.headers['content-encoding']]).toEqual([script, undefined]);
    expect((await ask('small', 'gzip')).body).toBe('1');
  } finally {
    await app.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
