import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { clusterDriver } from './cluster-driver.ts';
import { civitas } from './commands.ts';
import { ROOT } from './running-city.ts';

/** Applies the sample's policy and a pack signed here, until founders have decided on both. */
export async function foundersDecide(home: string): Promise<void> {
  const cluster = clusterDriver(home);
  await cluster.apply(join(ROOT, 'samples/decisions.yaml'));
  const key = join(home, 'publisher.pem');
  writeFileSync(key, generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  const signed = ['--key', key, '--network', 'transport', '--name', 'courts', '--pack-version', '1.0.0', 'courts.evidence@v1'];
  const pack = await civitas(home, 'pack', 'sign', ...signed);
  const install = join(home, 'pack.yaml');
  writeFileSync(install, pack.stdout);
  await cluster.apply(install);
  await cluster.waitFor('Applied', { kind: 'AccessPolicy', name: 'fund-asks-health' }, 60);
  await cluster.waitFor('Installed', { kind: 'PackInstall', name: 'courts' }, 60);
}
