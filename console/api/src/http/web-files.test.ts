import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
