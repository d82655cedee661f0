import { execFileSync } from 'node:child_process';
import { waitFor } from '@civitas/testkit';
import { expect, test } from '@jest/globals';
import { NetworkNamespaces, whyNoNamespaces } from './network-namespaces.ts';

const why = whyNoNamespaces();
if (why !== undefined) process.stderr.write(`SKIPPED: ${why}\n`);
const testWhereAllowed = why === undefined || process.env['CI'] !== undefined ? test : test.skip;

function reaches(hosts: NetworkNamespaces, from: number, to: number): boolean {
  const probe = `const s = require('net').connect(9, '${hosts.addressOf(to)}'); s.setTimeout(300, () => process.exit(1)); s.on('error', (e) => process.exit(e.code === 'ECONNREFUSED' ? 0 : 1))`;
  const [program = '', ...args] = hosts.wrap(from, [process.execPath, '-e', probe]);
  try {
    execFileSync(program, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** A probe of 300 ms may find nothing on a machine that stood still for so long. */
async function joined(hosts: NetworkNamespaces, from: number, to: number): Promise<void> {
  await waitFor(`host ${from} to reach host ${to}`, () => reaches(hosts, from, to));
}

testWhereAllowed('hosts reach each other until a cable is pulled, and again once it is back; a split leaves both sides whole', async () => {
  const hosts = new NetworkNamespaces(3);
  try {
    await joined(hosts, 0, 1);
    hosts.cut(1);
    expect(reaches(hosts, 0, 1)).toBe(false);
    await joined(hosts, 0, 2);
    hosts.heal(1);
    await joined(hosts, 0, 1);
    hosts.split([1, 2]);
    expect([reaches(hosts, 0, 1), reaches(hosts, 0, 2)]).toEqual([false, false]);
    await joined(hosts, 1, 2);
    hosts.split([]);
    await joined(hosts, 0, 2);
  } finally {
    hosts.close();
  }
});
