import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PORTS } from '@civitas/deployment';
import { waitFor } from '@civitas/testkit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { TestNetwork } from '../testing/test-processes.ts';

let folder: string;
let network: TestNetwork;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'readiness-'));
  const address = `127.${180 + (process.pid % 50)}.${(process.pid >> 8) % 250}.1`;
  network = new TestNetwork({ domain: 'courts', root: folder, address, members: [{ organisation: 'court-1', roles: ['court'] }] });
});
afterAll(async () => {
  await network.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function readiness(): Promise<number> {
  return (await fetch(`http://${network.process.address}:${PORTS.metrics}/readyz`)).status;
}

test('no client is sent to a node that waits for its signing grant, which reaches it all the same', async () => {
  await network.prepare();
  network.process.start('serve');
  await network.bear(undefined, new Uint8Array(32));
  expect(await readiness()).toBe(200);

  await network.process.stop('SIGKILL');
  network.process.start('serve');
  await waitFor('its wait for a grant', async () => (await network.status()).phase === 'AwaitingGrant', 60_000);
  expect(await readiness()).toBe(503);

  await network.grant();
  expect(await readiness()).toBe(200);
}, 180_000);
