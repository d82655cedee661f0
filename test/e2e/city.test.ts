import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { JsonObject } from '@civitas/canon';
import { generatePatients, openParties } from '@civitas/cli';
import { waitFor } from '@civitas/testkit';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { processStatOf } from '../../packages/localcluster/src/process-stat.ts';
import { clusterDriver } from './cluster-driver.ts';
import { civitas, civitasOffline, kubectl, kubectlPresent } from './commands.ts';
import { expectConsole } from './expect-console.ts';
import { hasReceipt, openFine, payFine } from './fine-payment.ts';
import { foundersDecide } from './founders-decide.ts';
import { killPod } from './kill-pod.ts';
import { findPodProcess, podProcesses } from './pod-processes.ts';
import { readFilesBelow } from './read-files-below.ts';
import { ROOT, type RunningCity, readReady, spawnCity, startCity } from './running-city.ts';
import { isJobReady, scrapeTargets } from './scrape-targets.ts';

const DATA = resolve(ROOT, process.env['CIVITAS_DATA'] ?? '../shared/data');
const dataPresent = existsSync(join(DATA, 'health'));
if (!dataPresent) process.stderr.write(`SKIPPED: ingest of real input, because there is none at ${DATA} (CIVITAS_DATA)\n`);
const withKubectl = kubectlPresent ? test : test.skip;
const withData = dataPresent ? test : test.skip;
const CANARY = 'Canary7Q';
/** Each is one try to meet its packet between delivery and acknowledgement. */
const FINES_MAX = 40;

let home = '';
let city: RunningCity;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'civitas-e2e-'));
  city = await startCity(home);
}, 120_000);

afterAll(async () => {
  await city.stop();
  rmSync(home, { recursive: true, force: true });
}, 30_000);

const patientFiles = (): string[] => readdirSync(join(DATA, 'health')).map((name) => join(DATA, 'health', name));

describe('a newcomer', () => {
  test('sees five networks, six links and a verified case after npm start', async () => {
    const ready = readReady(home);
    await waitFor('the closing table', () => city.output().includes('ready in '), 30_000);
    expect(ready.networks.map((network) => network.name).sort()).toEqual(['city', 'courts', 'health', 'housing', 'transport']);
    for (const network of ready.networks) {
      expect(network.height).toBeGreaterThan(0);
      expect(network.genesisHash).toMatch(/^[\w-]{43}$/);
    }
    expect(ready.links).toHaveLength(6);
    expect(city.output()).toContain(ready.case.bundle);
    expect(city.output()).toContain('export KUBECONFIG=');
    await expectConsole(home, city.output());
  });

  test('verifies the exported case offline in an empty folder, and a changed byte is refused', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'civitas-empty-'));
    const bundle = readFileSync(readReady(home).case.bundle, 'utf8');
    writeFileSync(join(folder, 'case.json'), bundle);
    // One digit of the last long base64url string: a signature, a hash or a proof.
    const at = bundle.lastIndexOf('A', bundle.length - 200);
    writeFileSync(join(folder, 'forged.json'), `${bundle.slice(0, at)}B${bundle.slice(at + 1)}`);
    const good = await civitasOffline(folder, 'verify', 'case.json');
    const forged = await civitasOffline(folder, 'verify', 'forged.json');
    rmSync(folder, { recursive: true, force: true });
    expect(good.code).toBe(0);
    expect(forged.code).toBe(5);
  });

  test('is told who holds the home on a second start, which exits 1', async () => {
    const second = spawnCity(home, []);
    expect(await second.exited).toBe(1);
    expect(second.output()).toContain('a city already runs from');
    expect(existsSync(join(home, 'ready.json'))).toBe(true);
  });

  test('is told who holds a taken port, and nothing is half started', async () => {
    const other = mkdtempSync(join(tmpdir(), 'civitas-e2e-port-'));
    const holder = createServer();
    const port = await new Promise<number>((done) => {
      holder.listen({ host: '0.0.0.0', port: 0 }, () => {
        const address = holder.address();
        done(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
    const second = spawnCity(other, ['--port', String(port)]);
    const code = await second.exited;
    holder.close();
    expect(code).toBe(1);
    expect(second.output()).toContain(`port ${port}`);
    expect(second.output()).toContain(`pid ${process.pid}`);
    expect(podProcesses(other)).toEqual([]);
    expect(existsSync(join(other, 'ready.json'))).toBe(false);
    rmSync(other, { recursive: true, force: true });
  });
});

describe('a platform admin with kubectl', () => {
  withKubectl('gets every kind with its columns, wide, as YAML and as JSON', async () => {
    const table = await kubectl(home, ['get', 'lnet,llink,lnode', '-n', 'jincheng']);
    expect(table.code).toBe(0);
    expect(table.stdout).toMatch(/NAME\s+DOMAIN\s+ENGINE/);
    const wide = await kubectl(home, ['get', 'lnet', '-n', 'jincheng', '-o', 'wide']);
    expect(wide.stdout).toContain('jincheng-health-1');
    const agencies = await kubectl(home, ['get', 'agency', '-o', 'json']);
    expect(JSON.parse(agencies.stdout).items).toHaveLength(10);
    const yaml = await kubectl(home, ['get', 'lnet', 'health', '-n', 'jincheng', '-o', 'yaml']);
    expect(yaml.stdout).toContain('chainId: jincheng-health-1');
    const pods = await kubectl(home, ['get', 'pods', '-A']);
    expect(pods.stdout).toMatch(/health-0\s+1\/1\s+Running/);
  });

  withKubectl('describes, waits, reads logs and lists resources', async () => {
    const describeNetwork = await kubectl(home, ['describe', 'lnet', 'health', '-n', 'jincheng']);
    expect(describeNetwork.stdout).toContain('Conditions:');
    const wait = await kubectl(home, ['wait', '--for=condition=Available', 'lnet/health', '-n', 'jincheng', '--timeout=20s']);
    expect(wait.stdout).toContain('condition met');
    const logs = await kubectl(home, ['logs', 'health-0', '-n', 'jincheng', '--tail=5']);
    expect(logs.code).toBe(0);
    expect(logs.stdout).toContain('{');
    const resources = await kubectl(home, ['api-resources', '--api-group=civitas.dev']);
    expect(resources.stdout).toMatch(/ledgernetworks\s+lnet/);
  });

  withKubectl('is refused with the rule that a spec breaks', async () => {
    const spec = (fields: object): string =>
      JSON.stringify({
        apiVersion: 'civitas.dev/v1alpha1',
        kind: 'LedgerNetwork',
        metadata: { name: 'refused', namespace: 'jincheng' },
        spec: { domain: 'health', chainId: 'jincheng-refused-1', engine: 'cometbft', ...fields },
      });
    const pools = (replicas: number): object => ({ pools: [{ name: 'v', role: 'validator', replicas }] });
    const three = await kubectl(home, ['apply', '-f', '-'], spec(pools(3)));
    expect(three.code).not.toBe(0);
    expect(three.stderr).toContain('allowDowntime');
    const four = await kubectl(home, ['apply', '-f', '-'], spec({ ...pools(4), updateStrategy: { maxUnavailable: 2 } }));
    expect(four.stderr).toContain('maxUnavailable may not exceed f');
    const chain = await kubectl(home, [
      'patch',
      'lnet',
      'health',
      '-n',
      'jincheng',
      '--type=merge',
      '-p',
      '{"spec":{"chainId":"jincheng-health-2"}}',
    ]);
    expect(chain.stderr).toContain('chainId cannot change');
  });
});

describe('an SRE', () => {
  test('scrapes every process with the file that npm start wrote', async () => {
    const jobs = scrapeTargets(home);
    const targets = [...jobs.values()].flat();
    expect([...jobs.keys()]).toEqual(['civitas-console', 'civitas-localcluster', 'civitas-node', 'civitas-operator', 'civitas-relay']);
    expect(targets).toHaveLength(podProcesses(home).length + 1);
    for (const target of targets) expect(await (await fetch(`http://${target}/metrics`)).text()).toMatch(/^civitas_\w+/m);
  });
});

describe('an agency with civitas', () => {
  withData(
    'ingests all real patients and cases with one broken file quarantined, and a second run doubles nothing',
    async () => {
      const broken = join(home, 'broken.json');
      writeFileSync(broken, '{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient"');
      const planted = join(home, 'planted.json');
      writeFileSync(planted, plantedPatient());
      const first = await civitas(home, 'ingest', 'health', '--json', ...patientFiles(), planted, broken);
      expect({ code: first.code, stderr: first.code === 4 ? '' : first.stderr }).toEqual({ code: 4, stderr: '' });
      const report = JSON.parse(first.stdout);
      expect(readFileSync(report.quarantineFile, 'utf8')).toContain('broken.json');
      expect(report.registered).toBe(report.documents);
      const again = await civitas(home, 'ingest', 'health', '--json', ...patientFiles(), planted);
      rmSync(planted);
      rmSync(broken);
      expect({ code: again.code, stderr: again.code === 0 ? '' : again.stderr }).toEqual({ code: 0, stderr: '' });
      expect(JSON.parse(again.stdout)).toMatchObject({ registered: 0, unchanged: report.documents });
      const cases = await civitas(home, 'ingest', 'transport', '--json', join(DATA, 'transport', 'road-traffic-fines-100-cases.csv'));
      expect({ code: cases.code, stderr: cases.code === 0 ? '' : cases.stderr }).toEqual({ code: 0, stderr: '' });
    },
    120_000,
  );

  test('runs the traffic fine to its end and verifies what it exported', async () => {
    const out = join(home, 'fine.json');
    const run = await civitas(home, 'case', 'run', 'traffic-fine', '--seed', '7', '--out', out);
    expect({ code: run.code, output: run.code === 0 ? '' : run.stdout + run.stderr }).toEqual({ code: 0, output: '' });
    expect((await civitas(home, 'verify', out)).code).toBe(0);
  }, 60_000);

  test('reads a record with its proof, and a wrong argument is a usage error', async () => {
    const read = await civitas(home, 'read', 'network.members/organisations/hospital-1', '--network', 'health', '--proof');
    expect({ code: read.code, stderr: read.stderr }).toEqual({ code: 0, stderr: '' });
    expect(read.stdout).toMatch(/verif/i);
    expect((await civitas(home, 'read')).code).toBe(2);
  });
});

describe('a crash', () => {
  test('of the relay between delivery and acknowledgement loses and doubles nothing', async () => {
    const parties = openParties(home);
    const sent = async (): Promise<JsonObject> =>
      (await parties.ledger('traffic-police', 'transport').read('links/jincheng-city-1/counter')).value ?? {};
    let isKilled = false;
    for (let attempt = 0; attempt < FINES_MAX && !isKilled; attempt += 1) {
      const fine = await openFine(parties);
      const sequence = String(Number((await sent())['lastSequence'] ?? 0) + 1).padStart(12, '0');
      const received = `links/jincheng-transport-1/in/${sequence}`;
      isKilled = await killPod(home, 'relay-0', {
        // As fast as reads go: the window between the two is a few tens of milliseconds.
        async at() {
          await payFine(parties, fine);
          while (!(await parties.ledger('traffic-police', 'city').read(received)).found);
        },
        isRight: async () => (await parties.ledger('traffic-police', 'transport').read(`links/jincheng-city-1/out/${sequence}`)).found,
      });
      await waitFor('the receipt', () => hasReceipt(parties, fine), 60_000);
    }
    const taken = (await parties.ledger('traffic-police', 'city').read('links/jincheng-transport-1/counter')).value ?? {};
    const { lastSequence } = await sent();
    parties.close();
    expect(isKilled).toBe(true);
    expect(taken['received']).toBe(lastSequence);
  }, 300_000);

  test('of the relay in the middle of a case loses and doubles nothing', async () => {
    const out = join(home, 'after-relay-kill.json');
    const running = civitas(home, 'case', 'run', 'serious-illness', '--seed', '11', '--out', out);
    for (let round = 0; round < 2; round += 1) {
      await killPod(home, 'relay-0');
      // One that dies again before it has worked only waits longer for its next start.
      await waitFor('the relay to be ready', () => isJobReady(home, 'civitas-relay'), 60_000);
    }
    const run = await running;
    expect({ code: run.code, output: run.code === 0 ? '' : run.stdout + run.stderr }).toEqual({ code: 0, output: '' });
    expect((await civitas(home, 'verify', out)).code).toBe(0);
  }, 300_000);

  withData(
    'of a node in mid-ingest loses nothing that was acknowledged',
    async () => {
      const running = civitas(home, 'ingest', 'health', '--as', 'hospital-2', '--json', ...patientFiles());
      const parties = openParties(home);
      const heightOf = async (): Promise<bigint> => (await parties.ledger('hospital-2', 'health').info()).height;
      const before = await heightOf();
      await killPod(home, 'health-0', {
        async at() {
          while ((await heightOf()) < before + 4n);
        },
      });
      parties.close();
      const run = await running;
      expect({ code: run.code, stderr: run.code === 0 ? '' : run.stderr }).toEqual({ code: 0, stderr: '' });
      const again = await civitas(home, 'ingest', 'health', '--as', 'hospital-2', '--json', ...patientFiles());
      expect(again.code).toBe(0);
    },
    120_000,
  );

  test('of the operator while it provisions a sixth network is made good; deletion drains its link and keeps its data', async () => {
    const cluster = clusterDriver(home);
    await cluster.apply(join(ROOT, 'samples/yunhai-housing.yaml'));
    await killPod(home, 'civitas-operator');
    await cluster.waitFor('Available', { kind: 'LedgerNetwork', name: 'yunhai-housing' }, 60);
    await cluster.waitFor('Flowing', { kind: 'LedgerLink', name: 'housing-yunhai' }, 60);
    await cluster.delete({ kind: 'LedgerNetwork', name: 'yunhai-housing' }, 60);
    expect(findPodProcess(home, 'yunhai-housing-0')).toBeUndefined();
    expect((await cluster.names('PersistentVolumeClaim')).join()).toContain('yunhai-housing');
    await cluster.delete({ kind: 'LedgerLink', name: 'housing-yunhai' }, 30);
  }, 180_000);

  test('leaves every condition True in the end', async () => {
    const cluster = clusterDriver(home);
    for (const [kind, condition] of [
      ['LedgerNetwork', 'Available'],
      ['LedgerLink', 'Flowing'],
    ] as const) {
      for (const name of await cluster.names(kind)) await cluster.waitFor(condition, { kind, name }, 60);
    }
  }, 120_000);
});

describe('founders', () => {
  test('decide on a policy and on a pack in a city that was just born, for its ledgers execute by the newest rules', async () => {
    await foundersDecide(home);
  }, 180_000);
});

describe('privacy', () => {
  withData(
    'names, identifiers and birth dates of the ingested patients stand in no block, state, log or metric',
    async () => {
      const secrets = [CANARY, ...patientFiles().flatMap(personalValuesOf)];
      expect(secrets.length).toBeGreaterThan(50);
      const files = readFilesBelow(home).filter(([path]) => !path.includes('/profiles/'));
      const metrics = await Promise.all(
        readReady(home).networks.map(async (network) => (await fetch(`http://${network.metrics}/metrics`)).text()),
      );
      const found: string[] = [];
      for (const [where, content] of [...files, ...metrics.map((text, index) => [`metrics ${index}`, Buffer.from(text)] as const)]) {
        for (const secret of secrets) if (content.includes(secret)) found.push(`${where}: a value of ${secret.length} characters`);
      }
      expect(files.length).toBeGreaterThan(20);
      expect(found).toEqual([]);
    },
    120_000,
  );
});

describe('Ctrl-C', () => {
  test('stops everything, and a second start resumes the same chains', async () => {
    const before = readReady(home);
    await city.stop();
    expect(city.output()).toContain('nothing is left running');
    expect(podProcesses(home)).toEqual([]);
    expect(existsSync(join(home, 'ready.json'))).toBe(false);
    city = await startCity(home);
    const after = readReady(home);
    for (const network of before.networks) {
      const same = after.networks.find((candidate) => candidate.name === network.name);
      expect(same?.genesisHash).toBe(network.genesisHash);
      expect(same?.height).toBeGreaterThanOrEqual(network.height);
    }
    expect(after.case.id).toBe(before.case.id);
  }, 120_000);

  test('stops everything also when nobody reads its output any more', async () => {
    const { pid } = readReady(home);
    city.process.stdout?.destroy();
    city.process.stderr?.destroy();
    // Without the pipes only npm's own end is seen, and that comes first.
    await city.stop();
    await waitFor('the end of the city', () => processStatOf(pid) === undefined, 30_000);
    expect(podProcesses(home)).toEqual([]);
  }, 60_000);
});

/** A generated patient with a canary in a name, an address, a telephone, a diagnosis and a note. */
function plantedPatient(): string {
  const [sample] = [...generatePatients({ seed: 4711, count: 1 })];
  const bundle = JSON.parse(JSON.stringify(sample?.bundle)) as { entry: { resource: Record<string, unknown> }[] };
  for (const { resource } of bundle.entry) {
    if (resource['resourceType'] === 'Patient') {
      resource['name'] = [{ family: `${CANARY}family`, given: [`${CANARY}given`], text: `${CANARY}text` }];
      resource['telecom'] = [{ system: 'phone', value: `${CANARY}phone` }];
      resource['address'] = [{ line: [`${CANARY}line`], city: `${CANARY}city` }];
    }
    if (resource['resourceType'] === 'Condition') resource['code'] = { ...(resource['code'] as object), text: `${CANARY}diagnosis` };
    if (resource['resourceType'] === 'Observation') resource['note'] = [{ text: `${CANARY}note` }];
  }
  return JSON.stringify(bundle);
}

/** Values of the listed personal fields, at least 6 characters long: shorter ones occur by chance. */
function personalValuesOf(path: string): string[] {
  const bundle = JSON.parse(readFileSync(path, 'utf8')) as { entry: { resource: Record<string, unknown> }[] };
  const patient = bundle.entry.map(({ resource }) => resource).find((resource) => resource['resourceType'] === 'Patient') as {
    name?: { family?: string; given?: string[] }[];
    identifier?: { value?: string }[];
    birthDate?: string;
    telecom?: { value?: string }[];
    address?: { line?: string[] }[];
  };
  const values = [
    patient.birthDate,
    ...(patient.name ?? []).flatMap((name) => [name.family, ...(name.given ?? [])]),
    ...(patient.identifier ?? []).map((identifier) => identifier.value),
    ...(patient.telecom ?? []).map((telecom) => telecom.value),
    ...(patient.address ?? []).flatMap((address) => address.line ?? []),
  ];
  return values.filter((value): value is string => value !== undefined && value.length >= 6);
}
