import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type BuiltImage, buildImage, IMAGE_NAMES, type ImageName } from '../../tools/images/build-images.ts';
import { buildWeb } from '../../tools/start/build-web.ts';
import type { Manifest } from '../../tools/start/manifests.ts';
import { backupOf, backupVolume, type Finished, foundingOf, restoreAs, untilComplete } from './city/backup.ts';
import { CONSOLE_URL, CONSOLE_VALUES, consoleSecrets, fetchThere } from './city/console.ts';
import { deleteCityNamespace, keepVolumes } from './city/lost-namespace.ts';
import { type OperationRun, runOperation } from './city/operation.ts';
import { isReady, podsOf, type RunningPod } from './city/pods.ts';
import { type ProbeTraffic, withProbeTraffic } from './city/probe-traffic.ts';
import { watchQuorum } from './city/quorum-watch.ts';
import { byDigest, releaseCatalog } from './city/release-catalog.ts';
import {
  CITY_NAMESPACE,
  genesisHashes,
  heightOf,
  ROOT,
  runCivitas,
  SYSTEM_NAMESPACE,
  sampleCity,
  untilCityUp,
  VALIDATORS,
} from './city/sample-city.ts';
import { type MachineCluster, startMachineCluster } from './machine/machine-cluster.ts';
import { buildPauseImage } from './machine/pause-image.ts';
import { runNow } from './machine/processes.ts';
import { until } from './machine/until.ts';

const CONSENSUS_NETWORK = 'transport';
const NEXT_VERSION = '0.1.1';
const IMAGES = join(ROOT, 'dist', 'images');
const say = (line: string): void => void process.stderr.write(`    ${line}\n`);

let cluster: MachineCluster;
let isUp = false;
let images: readonly BuiltImage[];
/** The node's image of this release and of the next. */
let releases: readonly [BuiltImage, BuiltImage];
let home: string;
let sample: readonly Manifest[];
let backup: Finished;

/** Installs the chart, or upgrades it: then the hook's Job applies the definitions first. */
async function installChart(values: readonly string[] = []): Promise<void> {
  const release = ['upgrade', '--install', 'civitas', join(ROOT, 'charts', 'civitas'), '--namespace', SYSTEM_NAMESPACE];
  await cluster.run([cluster.tool('helm'), ...release, '--wait', '--timeout', '240s', ...values]);
}

async function timed<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
  const startedMs = performance.now();
  const result = await work();
  say(`${what}: ${((performance.now() - startedMs) / 1000).toFixed(1)} s`);
  return result;
}

const validators = async (): Promise<readonly RunningPod[]> =>
  (await podsOf(cluster)).filter(({ metadata }) => metadata.name.startsWith(`${CONSENSUS_NETWORK}-`));

/** Images of all their containers as the container runtime has them, by digest. */
const imagesRun = (pods: readonly RunningPod[]): readonly string[] =>
  pods.flatMap(({ status }) => status.containerStatuses?.map(({ imageID }) => imageID) ?? []);

function sayTraffic(what: string, { progress, quorum }: OperationRun, { carried, failed }: ProbeTraffic): void {
  say(`${what}: ${progress} steps, ${carried} cases carried, ${failed.length} not`);
  for (const text of new Set([...quorum, ...failed])) say(`  ${text}`);
}

async function untilValidatorsBack(): Promise<void> {
  await until('every validator is at the head again', async () => {
    const path = 'jsonpath={.status.conditions[?(@.type=="FullRedundancy")].status}';
    const full = await cluster.kubectl(['get', 'ledgernetwork', CONSENSUS_NETWORK, '-n', CITY_NAMESPACE, '-o', path]);
    const pods = await validators();
    return full === 'True' && pods.length === VALIDATORS && pods.every(isReady) ? true : undefined;
  });
}

describe('a city on a real cluster of two machines', () => {
  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'civitas-cluster-home-'));
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    const build = (image: ImageName, of: string): BuiltImage => buildImage(image, { root: ROOT, folder: IMAGES, version: of });
    await timed('pages of the console', () => buildWeb(ROOT, new AbortController().signal));
    images = await timed('images', async () => IMAGE_NAMES.map((image) => build(image, version)));
    const [node] = images;
    if (node === undefined) throw new Error('no image was built');
    releases = [node, build('node', NEXT_VERSION)];
    cluster = await startMachineCluster({ nodeCount: 2, images: [buildPauseImage(IMAGES), ...images, releases[1]], say });
    isUp = true;
  });

  afterAll(async () => {
    if (!isUp) return;
    const { places } = cluster;
    await timed('tear-down', () => cluster.stop());
    rmSync(home, { recursive: true, force: true });
    expect(runNow(['ip', 'netns', 'list'])).not.toContain(places.id);
    expect(readFileSync('/proc/self/mounts', 'utf8')).not.toContain(places.id);
    expect([places.folder, places.runtimeFolder].filter((folder) => existsSync(folder))).toEqual([]);
  });

  test('is served by an operator that Helm installs into a namespace with Pod Security restricted', async () => {
    const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
    await cluster.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: SYSTEM_NAMESPACE, labels } }]);
    await timed('helm install', () => installChart());
    expect((await podsOf(cluster, SYSTEM_NAMESPACE)).filter(isReady)).toHaveLength(2);
  });

  test('comes up from the sample: networks, links, agencies', async () => {
    sample = await sampleCity(home, { consensusNetwork: CONSENSUS_NETWORK, catalog: releaseCatalog(releases) });
    await timed('apply to everything Available', async () => {
      await cluster.apply(sample);
      await untilCityUp(cluster);
    });
    await untilValidatorsBack();
  });

  test('runs every pod from the images built here, without root, with a read-only root', async () => {
    const pods = await podsOf(cluster);
    expect(pods.map(({ metadata }) => metadata.name).sort()).toEqual(
      [
        'city-0',
        'courts-0',
        'health-0',
        'housing-0',
        'relay-0',
        ...[0, 1, 2, 3].map((ordinal) => `${CONSENSUS_NETWORK}-${ordinal}`),
      ].sort(),
    );
    const known = new Set([...images.map(({ name, version }) => `${name}:${version}`), byDigest(releases[0])]);
    for (const { spec } of [...pods, ...(await podsOf(cluster, SYSTEM_NAMESPACE))]) {
      expect(spec.securityContext).toMatchObject({ runAsNonRoot: true });
      for (const { image, securityContext } of spec.containers) {
        expect(known).toContain(image);
        expect(securityContext).toMatchObject({
          readOnlyRootFilesystem: true,
          allowPrivilegeEscalation: false,
          capabilities: { drop: ['ALL'] },
        });
      }
    }
    const privileged = { name: 'x', image: 'civitas.dev/node:0.1.0', securityContext: { privileged: true } };
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x', namespace: CITY_NAMESPACE }, spec: { containers: [privileged] } };
    await expect(cluster.apply([pod])).rejects.toThrow('violates PodSecurity "restricted');
  });

  test('carries a case across three ledgers, whose evidence is verified offline', async () => {
    await runCivitas(cluster, home, ['login']);
    const bundle = join(home, 'case.json');
    await timed('a serious-illness case', () =>
      runCivitas(cluster, home, ['case', 'run', 'serious-illness', '--seed', '7', '--out', bundle]),
    );
    const command = [process.execPath, join(ROOT, 'cli/src/main.ts'), 'verify', bundle];
    expect(runNow(command)).toContain('VERIFIED: every check holds');
  });

  test.each([
    ['restarted', 'Restart', {}],
    ['given new certificates', 'RotateCertificates', {}],
    ['moved to a new certificate authority', 'RotateCA', { overlapSeconds: 20 }],
  ])('is %s one validator after the other under traffic, with the quorum all the time', async (_what, type, more) => {
    const before = await genesisHashes(cluster);
    const pods = await validators();
    const operation = { networkRef: CONSENSUS_NETWORK, type, ...more };
    const { result, traffic } = await timed(type, () =>
      withProbeTraffic(cluster, home, () => runOperation(cluster, type.toLowerCase(), operation)),
    );
    sayTraffic(type, result, traffic);
    expect(result.quorum.filter((state) => !state.startsWith('True'))).toEqual([]);
    expect(traffic.carried).toBeGreaterThan(0);
    await untilValidatorsBack();
    const uids = new Set(pods.map(({ metadata }) => metadata.uid));
    expect((await validators()).filter(({ metadata }) => uids.has(metadata.uid))).toHaveLength(type === 'Restart' ? 0 : VALIDATORS);
    expect(await genesisHashes(cluster)).toEqual(before);
  });

  test('is upgraded to the next release of its catalog, image by digest, with the quorum all the time', async () => {
    const before = await genesisHashes(cluster);
    const [from, to] = releases.map(byDigest);
    expect(to).not.toBe(from);
    expect(new Set(imagesRun(await validators()))).toEqual(new Set([from]));
    const operation = { networkRef: CONSENSUS_NETWORK, type: 'Upgrade', version: NEXT_VERSION };
    const { result, traffic } = await timed('Upgrade', () =>
      withProbeTraffic(cluster, home, () => runOperation(cluster, 'upgrade', operation)),
    );
    sayTraffic('Upgrade', result, traffic);
    expect(result.quorum.filter((state) => !state.startsWith('True'))).toEqual([]);
    expect(traffic.carried).toBeGreaterThan(0);
    await untilValidatorsBack();
    expect(new Set(imagesRun(await validators()))).toEqual(new Set([to]));
    const release = ['get', 'ledgernetwork', CONSENSUS_NETWORK, '-n', CITY_NAMESPACE, '-o', 'jsonpath={.status.release}'];
    await until('status names the release that the nodes say they are', async () =>
      (await cluster.kubectl(release)) === NEXT_VERSION ? true : undefined,
    );
    expect(await genesisHashes(cluster)).toEqual(before);
  });

  test('is drained from a machine without losing the quorum, and loses no chain', async () => {
    const before = await genesisHashes(cluster);
    const machine = (await validators()).find(({ metadata }) => metadata.name === `${CONSENSUS_NETWORK}-0`)?.spec.nodeName ?? '';
    const watch = watchQuorum(cluster, CONSENSUS_NETWORK);
    try {
      const drain = ['drain', machine, '--ignore-daemonsets', '--delete-emptydir-data', '--timeout=200s'];
      await timed(`drain of ${machine}`, () => cluster.kubectl(drain));
      expect(
        [...(await podsOf(cluster)), ...(await podsOf(cluster, SYSTEM_NAMESPACE))].filter(({ spec }) => spec.nodeName === machine),
      ).toEqual([]);
      await timed('everything back on the other machine', async () => {
        await untilValidatorsBack();
        await untilCityUp(cluster);
      });
      expect(watch.seen.filter((state) => !state.startsWith('True'))).toEqual([]);
      expect(await genesisHashes(cluster)).toEqual(before);
    } finally {
      watch.stop();
      await cluster.kubectl(['uncordon', machine]);
    }
  });

  test('runs on when the operator is uninstalled, keeps its data, and is taken up again', async () => {
    const before = await genesisHashes(cluster);
    const pods = (await podsOf(cluster)).map(({ metadata }) => metadata.uid).sort();
    await cluster.run([cluster.tool('helm'), 'uninstall', 'civitas', '--namespace', SYSTEM_NAMESPACE, '--wait']);
    await until('the operator is gone', async () => ((await podsOf(cluster, SYSTEM_NAMESPACE)).length === 0 ? true : undefined));
    expect((await podsOf(cluster)).map(({ metadata }) => metadata.uid).sort()).toEqual(pods);
    expect((await cluster.kubectl(['get', 'persistentvolumeclaims', '-n', CITY_NAMESPACE, '-o', 'name'])).trim().split('\n')).toHaveLength(
      pods.length,
    );
    expect(await cluster.kubectl(['get', 'configmaps', '-n', SYSTEM_NAMESPACE, '-o', 'name'])).toContain(
      `genesis.${CITY_NAMESPACE}.${CONSENSUS_NETWORK}`,
    );
    const height = await heightOf(cluster, CONSENSUS_NETWORK);
    await timed('helm install again', () => installChart());
    await untilCityUp(cluster);
    await until('heights are told again', async () => ((await heightOf(cluster, CONSENSUS_NETWORK)) > height ? true : undefined));
    expect(await genesisHashes(cluster)).toEqual(before);
    expect((await podsOf(cluster)).map(({ metadata }) => metadata.uid).sort()).toEqual(pods);
  });

  test('is given the console by an upgrade of the chart, whose Job renews the definitions first', async () => {
    await cluster.apply(consoleSecrets());
    const shortNames = { spec: { names: { shortNames: ['old'] } } };
    await cluster.kubectl(['patch', 'crd', 'ledgernetworks.civitas.dev', '--type=merge', '-p', JSON.stringify(shortNames)]);
    const before = (await podsOf(cluster)).map(({ metadata }) => metadata.uid).sort();
    await timed('helm upgrade', () => installChart(CONSOLE_VALUES));
    const definition = ['get', 'crd', 'ledgernetworks.civitas.dev', '-o', 'jsonpath={.spec.names.shortNames}'];
    expect(await cluster.kubectl(definition)).toBe('["lnet"]');
    const [console, ...others] = (await podsOf(cluster, SYSTEM_NAMESPACE)).filter(({ metadata }) =>
      metadata.name.startsWith('civitas-console-'),
    );
    expect(others).toEqual([]);
    expect(console?.status.containerStatuses?.map(({ ready, imageID }) => ({ ready, imageID }))).toEqual([
      { ready: true, imageID: images.filter(({ name }) => name.endsWith('/console')).map(byDigest)[0] },
    ]);
    // The nodes' proxies hear of a ready pod a moment after Helm does.
    const config = await until('the Service leads to the console', () => fetchThere(cluster, `${CONSOLE_URL}/api/v1/config`));
    expect(config.status).toBe(200);
    expect(JSON.parse(config.text)).toMatchObject({ identity: { profile: 'local' } });
    const page = await fetchThere(cluster, `${CONSOLE_URL}/`);
    expect([page.status, page.headers['content-type']]).toEqual([200, expect.stringContaining('text/html')]);
    expect(page.headers['content-security-policy']).toContain("default-src 'self'");
    expect((await fetchThere(cluster, `${CONSOLE_URL}/api/v1/networks`)).status).toBe(401);
    expect((await podsOf(cluster)).map(({ metadata }) => metadata.uid).sort()).toEqual(before);
  });

  test('loses its whole namespace, and goes on where it was once its volumes are given back', async () => {
    await cluster.apply([backupVolume(), backupOf(CONSENSUS_NETWORK)]);
    backup = await timed('backup', () => untilComplete(cluster, 'ledgerbackup', 'nightly'));
    expect(backup.appHash).toMatch(/^[A-Za-z0-9_-]{43}$/);
    const before = await genesisHashes(cluster);
    const height = await heightOf(cluster, CONSENSUS_NETWORK);
    await expect(cluster.kubectl(['delete', 'namespace', CITY_NAMESPACE, '--wait=false'])).rejects.toThrow('civitas.dev/allow-deletion');
    await timed('deletion of the namespace', () => deleteCityNamespace(cluster));
    expect(await keepVolumes(cluster)).toEqual(expect.arrayContaining(['backups', 'relay-0-data', `${CONSENSUS_NETWORK}-0-data`]));
    await timed('apply to everything Available, on the volumes of before', async () => {
      await cluster.apply([...sample, backupVolume()]);
      await untilCityUp(cluster);
    });
    expect(await genesisHashes(cluster)).toEqual(before);
    expect(await heightOf(cluster, CONSENSUS_NETWORK)).toBeGreaterThanOrEqual(height);
    await runCivitas(cluster, home, ['login']);
    await runCivitas(cluster, home, ['case', 'run', 'traffic-fine', '--seed', '8', '--out', join(home, 'case-after.json')]);
  });

  test('has a network removed, whose backup, made before all that, founds another one with the same app hash', async () => {
    await cluster.kubectl(['delete', 'ledgernetwork', CONSENSUS_NETWORK, '-n', CITY_NAMESPACE, '--wait', '--timeout=200s']);
    expect(await validators()).toEqual([]);
    // Its volumes stay: the deletion policy retains unless told otherwise.
    const claims = await cluster.kubectl(['get', 'persistentvolumeclaims', '-n', CITY_NAMESPACE, '-o', 'name']);
    expect(claims.split('\n').filter((claim) => claim.includes(`/${CONSENSUS_NETWORK}-`))).toHaveLength(VALIDATORS);
    await cluster.apply([restoreAs('transport-again', backup.folder)]);
    await cluster.kubectl(['patch', 'agency', 'traffic-police', '--type=json', '-p', JSON.stringify(foundingOf('transport-again'))]);
    const restore = await timed('restore', () => untilComplete(cluster, 'ledgerrestore', 'transport-again'));
    expect(restore.appHash).toBe(backup.appHash);
    await cluster.kubectl(['wait', '--for=condition=Available', '--timeout=120s', 'ledgernetwork/transport-again', '-n', CITY_NAMESPACE]);
  });
});
