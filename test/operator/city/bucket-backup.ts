import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineResource, type KubeObject, secrets } from '@civitas/kube';
import { expect } from '@jest/globals';
import { aTestAuthority } from '../../../node/src/host/testing/test-authority.ts';
import { ACCESS, startS3Server } from '../backup/s3-server.ts';
import { type CityUnderTest, sayTime } from './city-under-test.ts';
import { type CityObject, NAMESPACE } from './city-view.ts';

const WITHIN_MS = 180_000;
const BUCKET = 'ledgers';
const PREFIX = 'jincheng';
const CREDENTIALS = 'backup-bucket';
const agencies = defineResource<KubeObject>({ group: 'civitas.dev', version: 'v1alpha1', plural: 'agencies', namespaced: false });

const isComplete = (it: CityObject | undefined): boolean =>
  it?.status?.conditions?.some(({ type, status }) => type === 'Complete' && status === 'True') === true;

/** A network's ledger in a bucket of a real S3 server, and another network from there. */
export async function backUpAndRestore(city: CityUnderTest, network: string, port: number): Promise<void> {
  const { view } = city;
  const folder = mkdtempSync(join(tmpdir(), 'civitas-bucket-'));
  const certificate = await (await aTestAuthority('s3')).issue([], 1, ['localhost']);
  const server = await startS3Server({ folder, address: '127.0.0.1', port, certificate });
  try {
    mkdirSync(join(server.root, BUCKET), { recursive: true });
    const stringData = { ...ACCESS, 'ca.crt': certificate.authorities.toString() };
    const metadata = { name: CREDENTIALS, namespace: NAMESPACE };
    await view.client.apply(secrets, { apiVersion: 'v1', kind: 'Secret', metadata, stringData }, { fieldManager: 'a-person', force: true });
    const s3 = { endpoint: server.endpoint, bucket: BUCKET, prefix: PREFIX, credentialsSecretRef: { name: CREDENTIALS } };
    const backupMs = performance.now();
    await view.apply('LedgerBackup', 'to-bucket', { networkRef: network, target: { s3 } });
    await view.until('LedgerBackup', 'to-bucket', isComplete, WITHIN_MS);
    sayTime('backup', backupMs);
    const { appHash, verified } = view.find('LedgerBackup', 'to-bucket')?.status ?? {};
    expect(appHash).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(verified?.hash).toBe(appHash);
    expect(readdirSync(join(server.root, BUCKET, PREFIX)).length).toBeGreaterThan(0);

    const restoreMs = performance.now();
    await view.apply('LedgerRestore', 'fines', {
      source: { backupRef: { name: 'to-bucket' } },
      network: { name: 'fines', chainId: 'jincheng-fines-1', engine: 'embedded', validators: 1 },
    });
    // The restored ledger has members of its own: somebody must found it.
    const founding = { network: 'fines', roles: ['police', 'rulemaker'] };
    await view.client.jsonPatch(agencies, { name: 'traffic-police' }, [{ op: 'add', path: '/spec/memberships/-', value: founding }]);
    await view.until('LedgerRestore', 'fines', isComplete, WITHIN_MS);
    expect(view.find('LedgerRestore', 'fines')?.status?.appHash).toBe(appHash);
    const available = () => view.condition('LedgerNetwork', 'fines', 'Available')?.status;
    await view.until('LedgerNetwork', 'fines', () => available() === 'True', WITHIN_MS);
    sayTime('restore', restoreMs);
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
