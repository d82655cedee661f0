import { nodeCrypto } from '@civitas/canon/node';
import { fc } from '@civitas/testkit/properties';
import { describe, expect, test } from '@jest/globals';
import { DayTwoWorld } from '../testing/day-two-world.ts';
import { linkVerdicts } from './link-status.ts';
import { isWindowOpen, type MaintenanceWindow } from './maintenance-window.ts';
import type { NetworkAction } from './network-action.ts';
import { planNetwork } from './network-plan.ts';
import { networkPhase, networkVerdicts } from './network-status.ts';
import type { ObservedCertificate, ObservedNetwork, ObservedVolume } from './observed-network.ts';
import { rfc3339, unixMsOf } from './time-text.ts';
import { bytesOf, largerSize, sizeText } from './volume-size.ts';

const { sha256 } = nodeCrypto;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const planOf = (world: DayTwoWorld) => planNetwork(world.observe(), sha256);
const ofType = <Type extends NetworkAction['type']>(world: DayTwoWorld, type: Type) =>
  planOf(world).actions.filter((action): action is Extract<NetworkAction, { type: Type }> => action.type === type);
const verdictOf = (world: DayTwoWorld, type: string) => networkVerdicts(world.observe(), planOf(world)).find((one) => one.type === type);

test('times are read as they are written, and nothing else is', () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 4_102_444_800 }), (seconds) => unixMsOf(rfc3339(seconds * 1000)) === seconds * 1000));
  expect(unixMsOf('2026-11-21T06:00:00.123456Z')).toBe(Date.parse('2026-11-21T06:00:00Z'));
  expect([unixMsOf('yesterday'), unixMsOf(undefined)]).toEqual([undefined, undefined]);
});

test('sizes are compared by bytes and written in whole Mi', () => {
  expect([bytesOf('1Gi'), bytesOf('2G'), bytesOf('7'), bytesOf('1.5Gi'), bytesOf(undefined)]).toEqual([
    2 ** 30,
    2e9,
    7,
    undefined,
    undefined,
  ]);
  expect([largerSize('1Gi', '1100Mi'), largerSize('1Gi', '1000Mi'), largerSize('1Gi', undefined)]).toEqual(['1100Mi', '1Gi', '1Gi']);
  expect([sizeText(2 ** 30), sizeText(1.5 * 2 ** 30), sizeText(2 ** 20 + 1)]).toEqual(['1Gi', '1536Mi', '2Mi']);
});

describe('a maintenance window', () => {
  const at = (text: string): number => Date.parse(text);
  const night: MaintenanceWindow = { days: ['Saturday'], startUtc: '23:00', durationMinutes: 120 };

  test('is open on its days, also past midnight, and at any time where there is none', () => {
    // 2026-11-21 is a Saturday.
    const open = (text: string): boolean => isWindowOpen([night], at(text));
    expect([
      open('2026-11-21T22:59:59Z'),
      open('2026-11-21T23:00:00Z'),
      open('2026-11-22T00:59:59Z'),
      open('2026-11-22T01:00:00Z'),
    ]).toEqual([...[false, true, true, false]]);
    expect(open('2026-11-22T23:30:00Z')).toBe(false);
    expect(isWindowOpen([{ startUtc: '23:00', durationMinutes: 1 }], at('2026-11-24T23:00:30Z'))).toBe(true);
    expect(isWindowOpen([], at('2026-11-24T12:00:00Z'))).toBe(true);
  });

  test('holds a change of the spec back, and not what is broken', () => {
    const world = new DayTwoWorld(4, sha256);
    const hour = Math.floor(world.nowUnixMs / HOUR_MS) % 24;
    const startUtc = `${String((hour + 12) % 24).padStart(2, '0')}:00`;
    world.spec = { ...world.spec, logLevel: 'debug', maintenanceWindows: [{ startUtc, durationMinutes: 60 }] };
    expect(planOf(world).pending?.reason).toBe('OutsideMaintenanceWindow');
    expect(ofType(world, 'deletePod')).toEqual([]);
    world.node('city-2').state = 'starting';
    expect(ofType(world, 'deletePod').map(({ name }) => name)).toEqual(['city-2']);
    world.start('city-2');
    world.nowUnixMs += 12 * HOUR_MS;
    expect(ofType(world, 'deletePod').map(({ name }) => name)).toEqual(['city-4']);
  });
});

describe('a roll', () => {
  test('waits for the node before, says when that one is late, and goes on when it is back for as many blocks as asked', () => {
    const world = new DayTwoWorld(4, sha256, { updateStrategy: { catchUpBlocks: 5, stepTimeoutSeconds: 60 } });
    world.spec = { ...world.spec, logLevel: 'debug' };
    world.pass();
    expect(world.rollout).toMatchObject({ node: 'city-4', step: '0/5' });
    world.pass();
    expect(planOf(world).pending).toMatchObject({
      reason: 'StepNotSettled',
      message: expect.stringMatching(/^city-3 waits for city-4, which says AwaitingGrant at height \d+$/),
    });
    world.nowUnixMs += 60_000;
    expect(planOf(world).pending?.reason).toBe('StepTimedOut');
    expect(verdictOf(world, 'UpdatePending')).toMatchObject({ status: 'True', reason: 'StepTimedOut' });
    world.start('city-4');
    expect(planOf(world).pending?.reason).toBe('StepTimedOut');
    world.height += 5;
    expect(ofType(world, 'deletePod').map(({ name }) => name)).toEqual(['city-3']);
  });

  test('puts a silent node into words, and forgets the roll when all is as asked', () => {
    const world = new DayTwoWorld(4, sha256);
    world.spec = { ...world.spec, logLevel: 'debug' };
    world.pass();
    world.pass();
    world.node('city-4').state = 'crashed';
    expect(planOf(world).pending?.message).toMatch(/city-4, which gives no answer/);
    for (let look = 0; look < 20; look++) {
      world.startAll();
      world.pass();
    }
    expect(world.rollout).toBeUndefined();
  });
});

describe('a release', () => {
  const image = (fill: string): string => `civitas.dev/node@sha256:${fill.repeat(64)}`;
  const release = (version: string, fill: string, facts: object = {}) => ({
    version,
    nodeImage: image(fill),
    protocolVersion: 1,
    ...facts,
  });

  test('that may not be run leaves every node as it is, and says why', () => {
    const world = new DayTwoWorld(4, sha256);
    const reasonOf = (version: string): string | undefined => {
      world.spec = { ...world.spec, release: { catalogRef: 'stable', version } };
      expect(ofType(world, 'deletePod')).toEqual([]);
      return planOf(world).pending?.reason;
    };
    expect(reasonOf('0.2.0')).toBe('CatalogMissing');
    world.catalog = [release('0.2.0', '2'), release('0.3.0', '3', { upgradesFrom: ['0.1.0'], protocolVersion: 2 }), release('0.1.0', '1')];
    expect(reasonOf('9.0.0')).toBe('VersionNotInCatalog');
    expect(reasonOf('0.2.0')).toBe('NoUpgradeEdge');
    world.catalog = [...world.catalog, release('0.4.0', '4', { upgradesFrom: ['0.1.0'] })];
    world.spec = { ...world.spec, release: { catalogRef: 'stable', version: '0.4.0' } };
    expect(ofType(world, 'deletePod').map(({ name }) => name)).toEqual(['city-4']);
    for (let look = 0; look < 20; look++) {
      world.startAll();
      world.pass();
    }
    expect(world.names().map((name) => world.node(name).pod?.image)).toEqual(world.names().map(() => image('4')));
    world.catalog = [...world.catalog, release('0.5.0', '5', { upgradesFrom: ['0.4.0'], protocolVersion: 2 })];
    expect(reasonOf('0.5.0')).toBe('ProtocolChange');
    // A pod that dies meanwhile comes back as what is in force.
    world.node('city-1').pod = undefined;
    const [made] = ofType(world, 'createPod');
    expect(made?.manifest.metadata.annotations?.['civitas.dev/image']).toBe(image('4'));
  });

  test('that may not be run and of which nothing runs is a problem of the network', () => {
    const world = new DayTwoWorld(4, sha256);
    world.spec = { ...world.spec, release: { catalogRef: 'stable' } };
    for (const name of world.names()) world.node(name).pod = undefined;
    expect(verdictOf(world, 'Degraded')).toMatchObject({ status: 'True', reason: 'CatalogMissing' });
  });
});

describe('certificates', () => {
  test('are renewed one node at a time, each once the one before has taken up its own', () => {
    const world = new DayTwoWorld(4, sha256);
    world.nowUnixMs += 1441 * HOUR_MS;
    const secrets = () => ofType(world, 'issueCertificate').map(({ secret }) => secret);
    expect(secrets()).toEqual(['city-4-tls', 'relay-0-city-tls']);
    world.pass();
    expect(secrets()).toEqual([]);
    expect(planOf(world).pending?.reason).toBe('StepNotSettled');
    world.takeCertificates();
    expect(secrets()).toEqual(['city-3-tls']);
    world.node('city-0').state = 'starting';
    world.node('city-1').state = 'starting';
    expect(secrets()).toEqual([]);
    expect(planOf(world).pending).toMatchObject({ reason: 'QuorumWouldBreak' });
  });

  test('that are about to end wait for nobody; names and an earlier renewal are honoured', () => {
    const world = new DayTwoWorld(4, sha256);
    world.nowUnixMs += 81 * DAY_MS;
    expect(ofType(world, 'issueCertificate').length).toBe(6);
    const other = new DayTwoWorld(4, sha256);
    other.spec = { ...other.spec, tls: { extraSANs: ['b.example', 'a.example'] } };
    expect(ofType(other, 'issueCertificate').map(({ secret, dnsNames }) => [secret, dnsNames])).toEqual([
      ['city-4-tls', ['a.example', 'b.example']],
    ]);
    other.spec = { ...other.spec, tls: { renewBeforeHours: 2160 } };
    expect(ofType(other, 'issueCertificate')[0]?.reason).toBe('it ends within tls.renewBeforeHours');
  });
});

describe('an authority that was made anew under its number', () => {
  const lost = (): DayTwoWorld => {
    const world = new DayTwoWorld(4, sha256);
    world.generations = world.generations.map((one) => ({ ...one, certificateHash: 'another' }));
    return world;
  };

  test('issues every certificate at once, though no node can be asked what it has taken up', () => {
    const world = lost();
    for (const name of world.names()) world.node(name).state = 'crashed';
    const issued = ofType(world, 'issueCertificate');
    expect(issued.map(({ secret }) => secret).sort()).toEqual([...world.names().map((name) => `${name}-tls`), 'relay-0-city-tls'].sort());
    expect(new Set(issued.map(({ reason }) => reason))).toEqual(new Set(['authority 1 is another one now']));
    world.pass();
    expect(ofType(world, 'issueCertificate')).toEqual([]);
  });

  test('leaves certificates alone that do not say which one they are of', () => {
    const world = lost();
    const unsaid = (certificate: ObservedCertificate | undefined): ObservedCertificate | undefined => {
      if (certificate === undefined) return undefined;
      const { issuerHash: _, ...rest } = certificate;
      return rest;
    };
    for (const name of world.names()) world.node(name).certificate = unsaid(world.node(name).certificate);
    world.relayCertificate = unsaid(world.relayCertificate);
    expect(ofType(world, 'issueCertificate')).toEqual([]);
  });
});

describe('an authority that is rolled over', () => {
  test('issues only once both are trusted everywhere and long enough, and the former goes last', () => {
    const world = new DayTwoWorld(4, sha256);
    world.ask('ca', { type: 'RotateCA', overlapSeconds: 100 });
    const phases: string[] = [];
    const fewest: number[] = [];
    for (let look = 0; look < 400 && world.operations[0]?.status?.finishedAt === undefined; look++) {
      for (const { type } of world.pass())
        if (type.endsWith('Authority')) phases.push(`${type} at ${Math.floor((world.nowUnixMs - 1_800_000_000_000) / 1000)}`);
      world.takeCertificates();
      fewest.push(world.serving());
    }
    expect(phases.map((phase) => phase.split(' ')[0])).toEqual(['addAuthority', 'advanceAuthority', 'advanceAuthority', 'dropAuthority']);
    const [added = 0, issuing = 0, dropping = 0] = phases.map((phase) => Number(phase.split(' ').at(-1)));
    expect(issuing - added).toBeGreaterThanOrEqual(100);
    expect(dropping - issuing).toBeGreaterThanOrEqual(100);
    expect(Math.min(...fewest)).toBe(4);
    expect(world.operations[0]?.status?.phase).toBe('Done');
  });

  test('waits for a node that has not taken up its certificates', () => {
    const world = new DayTwoWorld(4, sha256);
    world.ask('ca', { type: 'RotateCA', overlapSeconds: 0 });
    for (let look = 0; look < 60; look++) world.pass();
    expect(world.generations.map(({ phase }) => phase)).toEqual([undefined, 'Trusting']);
    expect(world.operations[0]?.status?.message).toMatch(/has not taken up its own yet/);
  });
});

describe('storage', () => {
  function aWorld(percentUsed: number, volumeBytes = 2 ** 30): DayTwoWorld {
    const world = new DayTwoWorld(4, sha256);
    const pools = world.spec.pools ?? [];
    const storage = { size: '1Gi', autoGrow: { percent: 80, stepPercent: 50, max: '2Gi' } };
    world.spec = { ...world.spec, pools: pools.map((pool) => ({ ...pool, storage })) };
    const node = world.node('city-1');
    node.volumeBytes = volumeBytes;
    node.usedBytes = Math.floor((volumeBytes * percentUsed) / 100);
    return world;
  }
  const sizeOf = (world: DayTwoWorld): string => {
    world.pass();
    return world.node('city-1').requested;
  };

  test('grows by its step, never beyond its limit, and only where the file system is the volume’s own', () => {
    expect(sizeOf(aWorld(79))).toBe('1Gi');
    expect(sizeOf(aWorld(80))).toBe('1536Mi');
    expect(sizeOf(aWorld(95, 2 ** 40))).toBe('1Gi');
    const world = aWorld(95);
    expect(sizeOf(world)).toBe('1536Mi');
    // The file system has not grown yet.
    expect(sizeOf(world)).toBe('1536Mi');
    world.node('city-1').volumeBytes = 1.5 * 2 ** 30;
    world.node('city-1').usedBytes = 1.4 * 2 ** 30;
    expect(sizeOf(world)).toBe('2Gi');
  });

  test('says which volume is fullest, that it is almost full, that it may grow no further, and that it was refused', () => {
    expect(verdictOf(aWorld(40), 'StorageHealthy')).toMatchObject({
      status: 'True',
      reason: 'RoomEnough',
      message: 'city-1: 40 % in use, the most of any',
    });
    expect(verdictOf(aWorld(95, 2 ** 40), 'StorageHealthy')).toMatchObject({ status: 'False', reason: 'AlmostFull' });
    const full = aWorld(95, 2 ** 31);
    full.node('city-1').requested = '2Gi';
    expect(verdictOf(full, 'StorageHealthy')).toMatchObject({ status: 'False', reason: 'AtMaximum' });
    const observed = aWorld(10).observe();
    const node = observed.nodes['city-1'];
    if (node?.volume === undefined) throw new Error('no volume');
    const { volume } = node;
    const withVolume = (facts: Partial<ObservedVolume>): ObservedNetwork => ({
      ...observed,
      nodes: { ...observed.nodes, 'city-1': { ...node, volume: { ...volume, ...facts } } },
    });
    const said = (facts: Partial<ObservedVolume>) => {
      const now = withVolume(facts);
      return networkVerdicts(now, planNetwork(now, sha256)).find(({ type }) => type === 'StorageHealthy');
    };
    expect(said({ problem: 'no' })).toMatchObject({ status: 'False', reason: 'ExpansionRefused' });
    expect(said({ requested: '2Gi', capacity: '1Gi' })).toMatchObject({ status: 'True', reason: 'Resizing' });
  });
});

describe('a network that is hibernated', () => {
  test('ends all pods and says so, and its links say for what packets wait', () => {
    const world = new DayTwoWorld(4, sha256, { hibernated: false });
    world.spec = { ...world.spec, hibernated: true };
    expect(ofType(world, 'stopPod').length).toBe(5);
    expect(verdictOf(world, 'Hibernated')).toMatchObject({ status: 'False', reason: 'FallingAsleep' });
    world.pass();
    expect(ofType(world, 'createPod')).toEqual([]);
    const verdicts = networkVerdicts(world.observe(), planOf(world));
    expect(verdicts.find(({ type }) => type === 'Hibernated')).toMatchObject({ status: 'True', reason: 'Asleep' });
    expect(verdicts.find(({ type }) => type === 'Available')).toMatchObject({ status: 'False', reason: 'Hibernated' });
    expect(networkPhase(verdicts)).toBe('Hibernated');
    world.spec = { ...world.spec, hibernated: false };
    expect(ofType(world, 'createPod').length).toBe(5);
    const link = {
      ...{ nowUnixMs: 0, ends: [undefined, undefined] as const, granted: false, waiting: '', draining: false, missing: [] },
      ...{ wasOpen: true, wasDrained: false, paused: false, relayReady: true, asleep: ['city'] },
    };
    const flowing = linkVerdicts(link, { clientFreshMs: 1, packetLateMs: 1 }).find(({ type }) => type === 'Flowing');
    expect(flowing).toMatchObject({ status: 'False', reason: 'NetworkHibernated' });
  });

  test('is not begun by an operation, and a paused one is told nothing', () => {
    const world = new DayTwoWorld(4, sha256);
    world.spec = { ...world.spec, paused: true };
    world.ask('it', { type: 'Fence', nodes: ['city-1'] });
    expect(world.pass()).toEqual([]);
    expect(world.operations[0]?.status?.phase).toBe('Waiting');
  });
});
