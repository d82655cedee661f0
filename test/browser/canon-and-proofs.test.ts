import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { stripTypeScriptTypes } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('../../', import.meta.url));
const browser = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => existsSync(path));
const BROWSER_TIMEOUT_MS = 60_000;

const page = `<!doctype html><script type="importmap">{"imports":{
  "@civitas/canon": "/packages/canon/src/index.ts",
  "@noble/curves/": "/node_modules/@noble/curves/",
  "@noble/hashes/": "/node_modules/@noble/hashes/"}}</script><p id="verdict"></p><script type="module">
const show = (text) => { document.getElementById('verdict').textContent = '[' + text + ']'; };
try {
  const { browserCrypto } = await import('/packages/canon/src/browser.ts');
  const { base64urlDecode, hexDecode, verifySignature } = await import('@civitas/canon');
  const { decodeLightBlock, verifyAdjacent } = await import('/packages/proofs/src/index.ts');
  const read = async (path) => (await fetch(path)).json();
  const speccheck = await read('/packages/canon/test/vectors/ed25519-speccheck.json');
  const verdicts = speccheck.cases.map((one) => verifySignature(browserCrypto, {
    message: hexDecode(one.message), publicKey: hexDecode(one.publicKey), signature: hexDecode(one.signature) }) === one.accepted);
  const vectors = await read('/packages/proofs/test/vectors/cometbft-0.38.26.json');
  const blocks = vectors.blocks.map((one) => decodeLightBlock(base64urlDecode(one.lightBlock)).value);
  const steps = blocks.slice(1).map((lightBlock, at) => verifyAdjacent(browserCrypto, { trusted: blocks[at].header, lightBlock }).ok);
  show(verdicts.filter(Boolean).length + ' of ' + verdicts.length + ' verdicts, ' + steps.filter(Boolean).length + ' of ' + steps.length + ' headers');
} catch (error) { show(String(error)); }
</script>`;

/** Serves the source as a browser reads it: types stripped, nothing bundled. */
const server = createServer((request, response) => {
  const path = new URL(request.url ?? '/', 'http://localhost').pathname;
  const file = join(root, path);
  if (path === '/') {
    response.setHeader('content-type', 'text/html').end(page);
  } else if (!existsSync(file)) {
    response.writeHead(404).end();
  } else {
    const text = readFileSync(file, 'utf8');
    response.setHeader('content-type', path.endsWith('.json') ? 'application/json' : 'text/javascript');
    response.end(path.endsWith('.ts') ? stripTypeScriptTypes(text) : text);
  }
});

function dumpPage(command: string, url: string): Promise<string> {
  const profile = mkdtempSync(join(tmpdir(), 'civitas-browser-'));
  const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'];
  const args = [...flags, '--disable-sync', `--user-data-dir=${profile}`, '--virtual-time-budget=30000', '--dump-dom', url];
  return new Promise((resolve, reject) => {
    execFile(command, args, { timeout: BROWSER_TIMEOUT_MS }, (error, stdout) => {
      // Its helper processes may outlive it, and write there.
      rmSync(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
      if (error === null) resolve(stdout);
      else reject(error);
    });
  });
}

if (browser === undefined && process.env['CI'] === 'true') throw new Error('Chromium is missing: install the package chromium');
if (browser === undefined)
  process.stderr.write('SKIPPED: canon and proofs in a browser, because there is no Chromium on this machine (package chromium)\n');

(browser === undefined ? test.skip : test)(
  'canon and proofs run unbundled in a browser and give the same verdicts',
  async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const address = server.address();
      const port = typeof address === 'object' ? address?.port : undefined;
      expect(await dumpPage(browser ?? '', `http://127.0.0.1:${port}/`)).toContain('[12 of 12 verdicts, 3 of 3 headers]');
    } finally {
      server.close();
    }
  },
  BROWSER_TIMEOUT_MS,
);
