import { encodeCanonical, type JsonObject } from '@civitas/canon';
import { aKeyPair } from '@civitas/testkit';
import { expect, test } from '@jest/globals';
import { aGenesis } from '../testing/fake-ledger.ts';
import { BUNDLE_WAIT_MS_MAX, CONFIG_BYTES_MAX, GENESIS_BYTES_MAX, SNAPSHOT_INTERVAL_BLOCKS_MAX, SNAPSHOT_PERIOD_MS_MAX } from './limits.ts';
import { parseNodeConfig, parseRelayConfig } from './parse-config.ts';
import { parseGenesis } from './parse-genesis.ts';
import { podOf } from './pod.ts';

const NODE = {
  schemaVersion: 1,
  role: 'serve',
  network: 'health',
  chainId: 'jincheng-health-1',
  city: 'jincheng',
  domain: 'health',
  node: 'health-0',
  organisation: 'hospital-1',
  engine: 'embedded',
  gateways: [{ organisation: 'hospital-1', approvalPolicy: 'auto' }],
  emptyBlockIntervalMs: 5000,
  bundleWaitMs: 20,
  logLevel: 'info',
};
const network = (name: string) => ({ network: name, chainId: `jincheng-${name}-1`, genesisHash: 'h', grpc: '127.0.0.1:7070' });
const RELAY = {
  schemaVersion: 1,
  role: 'relay',
  city: 'jincheng',
  name: 'relay-0',
  networks: [network('city'), network('health')],
  links: [{ name: 'city-health', from: 'city', to: 'health', paused: false }],
  pollMs: 1000,
  logLevel: 'info',
};
const node = (overrides: object) => parseNodeConfig(JSON.stringify({ ...NODE, ...overrides }));
const relay = (overrides: object) => parseRelayConfig(JSON.stringify({ ...RELAY, ...overrides }));

test('whole configurations are taken', () => {
  expect(node({}).ok).toBe(true);
  expect(node({ snapshotIntervalBlocks: SNAPSHOT_INTERVAL_BLOCKS_MAX, snapshotPeriodMs: SNAPSHOT_PERIOD_MS_MAX }).ok).toBe(true);
  expect(node({ gateways: [{ ...NODE.gateways[0], vault: false }] }).ok).toBe(true);
  expect(relay({}).ok).toBe(true);
});

test.each<[string, () => ReturnType<typeof parseNodeConfig> | ReturnType<typeof parseRelayConfig>]>([
  ['an unknown field', () => node({ surprise: 1 })],
  ['a name that is none', () => node({ chainId: 'Jincheng/..' })],
  ['an engine that is none', () => node({ engine: 'raft' })],
  ['a bundle wait above its bound', () => node({ bundleWaitMs: BUNDLE_WAIT_MS_MAX + 1 })],
  ['more blocks between snapshots than the bound', () => node({ snapshotIntervalBlocks: SNAPSHOT_INTERVAL_BLOCKS_MAX + 1 })],
  ['more time between snapshots than the bound', () => node({ snapshotPeriodMs: SNAPSHOT_PERIOD_MS_MAX + 1 })],
  ['a queue without room for two', () => node({ queueOperationsMax: 1 })],
  ['no gateway', () => node({ gateways: [] })],
  ['one gateway twice', () => node({ gateways: [...NODE.gateways, ...NODE.gateways] })],
  ['a remote signer for the embedded engine', () => node({ remoteSigner: { publicKey: 'A'.repeat(43) } })],
  ['another key for the embedded engine', () => node({ rekey: 'w1' })],
  ['another key where a signer holds it', () => node({ engine: 'cometbft', rekey: 'w1', remoteSigner: { publicKey: 'A'.repeat(43) } })],
  [
    'a remote signer that dials nothing known',
    () => node({ engine: 'cometbft', remoteSigner: { publicKey: 'A'.repeat(43), dials: 'udp' } }),
  ],
  ['a remote signer without a key', () => node({ engine: 'cometbft', remoteSigner: { publicKey: 'short' } })],
  ['a newer schema', () => node({ schemaVersion: 2 })],
  ['what is no JSON', () => parseNodeConfig('{')],
  ['what is too large', () => parseNodeConfig(' '.repeat(CONFIG_BYTES_MAX + 1))],
  ['a link of a network that is not listed', () => relay({ links: [{ name: 'x', from: 'city', to: 'courts', paused: false }] })],
  ['a link of a network with itself', () => relay({ links: [{ name: 'x', from: 'city', to: 'city', paused: false }] })],
  ['an address without a port', () => relay({ networks: [{ ...network('city'), grpc: 'localhost' }], links: [] })],
])('a configuration with %s is refused with CONFIG_INVALID', (_, parse) => {
  expect(parse()).toMatchObject({ ok: false, refusal: { code: 'CONFIG_INVALID' } });
});

test('a genesis is checked field by field against the network it is for', () => {
  const pair = aKeyPair('hospital-1');
  const whole = aGenesis('jincheng-health-1', [{ name: 'hospital-1', roles: ['custodian'], keys: [{ pair, use: 'operation' }] }]);
  const validator = {
    publicKey: Buffer.from(pair.publicKey).toString('base64url'),
    power: 10,
    node: 'health-0',
    organisation: 'hospital-1',
  };
  const parse = (overrides: object) =>
    parseGenesis(encodeCanonical({ ...whole, validators: [validator], ...overrides } as object as JsonObject), NODE);

  expect(parse({}).ok).toBe(true);
  expect(parse({ appState: { ...whole.appState, protocolVersion: 3 } }).ok).toBe(true);
  for (const broken of [
    { chainId: 'jincheng-city-1' },
    { validators: [] },
    { validators: [validator, validator] },
    { validators: [{ ...validator, power: 11 }] },
    { more: 1 },
    { appState: { ...whole.appState, approvalThreshold: 2 } },
    { appState: { ...whole.appState, protocolVersion: 1 } },
    { appState: { ...whole.appState, protocolVersion: 1001 } },
  ]) {
    expect(parse(broken)).toMatchObject({ ok: false, refusal: { code: 'GENESIS_INVALID' } });
  }
  expect(parseGenesis(new TextEncoder().encode('{ "b": 1 }'), NODE)).toMatchObject({ refusal: { code: 'JSON_NOT_CANONICAL' } });
  expect(parseGenesis(new Uint8Array(GENESIS_BYTES_MAX + 1), NODE)).toMatchObject({ refusal: { code: 'JSON_TOO_LARGE' } });
});

test('a pod on the process kubelet finds its mounts below CIVITAS_ROOT, one on a cluster at their own paths', () => {
  expect(podOf({ CIVITAS_ROOT: '/x', POD_IP: '127.1.2.3', POD_UID: 'u' })).toMatchObject({ address: '127.1.2.3', uid: 'u' });
  expect(podOf({ CIVITAS_ROOT: '/x' }).pathOf('data')).toBe('/x/var/lib/civitas');
  expect(podOf({}).pathOf('data')).toBe('/var/lib/civitas');
});
