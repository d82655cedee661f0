import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hexEncode } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { readEngineKeys, readEngineNodeId } from '../../keys/engine-keys.ts';
import { openNextConsensusKey } from '../../keys/next-consensus-key.ts';
import { aNetwork } from '../../ledger/ledger-fixture.ts';
import { engineConfigToml } from './engine-config.ts';
import { engineGenesisOf } from './engine-genesis.ts';
import { clearEngineSockets, isReleased, RELEASE_MARKER, releaseEngine, withdrawEngine, writeEngineHome } from './engine-home.ts';
import { socketPath } from './engine-socket.ts';

const { genesis } = aNetwork('jincheng-health-1');
const CONFIG = {
  node: 'health-0',
  address: '127.0.0.5',
  emptyBlockIntervalMs: 5000,
  peers: [{ node: 'health-1', nodeId: 'a'.repeat(40), host: 'health-1.jincheng', p2pPort: 26656, grpcPort: 7070 }],
  stateSync: '',
  remoteSignerAddress: '',
};
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'civitas-home-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const home = (): string => join(folder, 'engine');
const write = (config = 'a'): void =>
  writeEngineHome(home(), { config, genesis: engineGenesisOf(nodeCrypto.sha256, genesis), keys: readEngineKeys(folder, false) });
const read = (name: string): string => readFileSync(join(home(), name), 'utf8');

test('a home is prepared once: keys, genesis and sign state stay, the configuration is written anew', () => {
  write('first');
  const state = '{"height":"7","round":0,"step":3}';
  writeFileSync(join(home(), 'data/priv_validator_state.json'), state);
  const before = ['config/genesis.json', 'config/node_key.json', 'config/priv_validator_key.json'].map(read);
  write('second');

  expect(read('data/priv_validator_state.json')).toBe(state);
  expect(['config/genesis.json', 'config/node_key.json', 'config/priv_validator_key.json'].map(read)).toEqual(before);
  expect(read('config/config.toml')).toBe('second');
  for (const name of ['config/node_key.json', 'config/priv_validator_key.json'])
    expect(statSync(join(home(), name)).mode & 0o777).toBe(0o600);
});

test('the engine goes by the name that its node tells its peers, also in a copied home', () => {
  write();
  const former = read('config/node_key.json');
  rmSync(join(folder, 'keys', 'p2p.pem'));
  write();
  const seed = Buffer.from(JSON.parse(read('config/node_key.json')).priv_key.value, 'base64').subarray(32);
  expect(read('config/node_key.json')).not.toBe(former);
  expect(hexEncode(nodeCrypto.sha256(seed).subarray(0, 20))).toBe(readEngineNodeId(folder));
});

test('the engine signs with the key that the node has gone on to, after what the former one has signed', () => {
  write();
  const former = JSON.parse(read('config/priv_validator_key.json'));
  const state = '{"height":"7","round":0,"step":3}';
  writeFileSync(join(home(), 'data/priv_validator_state.json'), state);
  openNextConsensusKey(folder, 'w1')?.promote();
  write();
  const key = JSON.parse(read('config/priv_validator_key.json'));
  expect(key.address).not.toBe(former.address);
  expect(Buffer.from(key.priv_key.value, 'base64').subarray(32).toString('base64')).toBe(key.pub_key.value);
  expect(read('data/priv_validator_state.json')).toBe(state);
  expect(statSync(join(home(), 'config/priv_validator_key.json')).mode & 0o777).toBe(0o600);
});

test('a sign state that is missing beside a chain is never made anew', () => {
  write();
  mkdirSync(join(home(), 'data/blockstore.db'));
  rmSync(join(home(), 'data/priv_validator_state.json'));
  expect(() => write()).toThrow('is missing beside a chain');
});

test('the keys are those that the node reports', () => {
  write();
  const key = JSON.parse(read('config/priv_validator_key.json'));
  const secret = Buffer.from(key.priv_key.value, 'base64');
  expect(secret).toHaveLength(64);
  expect(secret.subarray(32).toString('base64')).toBe(key.pub_key.value);
  const p2p = Buffer.from(JSON.parse(read('config/node_key.json')).priv_key.value, 'base64');
  expect(readEngineNodeId(folder)).toBe(Buffer.from(nodeCrypto.sha256(new Uint8Array(p2p.subarray(32))).subarray(0, 20)).toString('hex'));
});

test('a release holds for its pod while its node lives, and is taken back; sockets of an earlier engine are removed', () => {
  write();
  releaseEngine(home(), 'uid-1');
  expect(isReleased(home(), 'uid-1')).toBe(true);
  expect(isReleased(home(), 'uid-2')).toBe(false);
  const marker = JSON.parse(read(RELEASE_MARKER));
  for (const earlier of [{ startTicks: '1' }, { bootId: 'another' }, { pidNamespace: 'pid:[1]' }, { pid: 0 }, { pid: '7' }]) {
    writeFileSync(join(home(), RELEASE_MARKER), JSON.stringify({ ...marker, node: { ...marker.node, ...earlier } }));
    expect(isReleased(home(), 'uid-1')).toBe(false);
  }
  for (const text of ['uid-1', 'null', JSON.stringify({ podUid: 'uid-1' })]) {
    writeFileSync(join(home(), RELEASE_MARKER), text);
    expect(isReleased(home(), 'uid-1')).toBe(false);
  }
  withdrawEngine(home());
  expect(isReleased(home(), 'uid-1')).toBe(false);
  expect(existsSync(join(home(), RELEASE_MARKER))).toBe(false);
  writeFileSync(join(home(), 'rpc.sock'), '');
  clearEngineSockets(home());
  expect(existsSync(join(home(), 'rpc.sock'))).toBe(false);
});

test('the configuration names peers and sockets, and no text escapes its string', () => {
  const toml = engineConfigToml({ ...CONFIG, node: 'a"\nb = 1' });
  expect(toml).toContain(`persistent_peers = "${'a'.repeat(40)}@health-1.jincheng:26656"`);
  expect(toml).toContain('proxy_app = "passthrough:///unix://app.sock"');
  expect(toml).toContain('moniker = "a\\"\\nb = 1"');
  expect(toml).toContain('create_empty_blocks_interval = "5000ms"');
});

test('the genesis gives every validator its address and leaves the app hash to the application', () => {
  const document = engineGenesisOf(nodeCrypto.sha256, genesis) as { validators: { address: string; power: string }[]; app_hash: string };
  expect(document).toMatchObject({ chain_id: 'jincheng-health-1', initial_height: '1', app_hash: '' });
  expect(document).toMatchObject({ consensus_params: { version: { app: '0' } } });
  const born = engineGenesisOf(nodeCrypto.sha256, { ...genesis, appState: { ...genesis.appState, protocolVersion: 3 } });
  expect(born).toMatchObject({ consensus_params: { version: { app: '3' } } });
  expect(document.validators).toHaveLength(genesis.validators.length);
  expect(document.validators[0]).toMatchObject({ address: expect.stringMatching(/^[0-9A-F]{40}$/), power: '10' });
});

test('a socket is reached by the shorter of its paths, and one that fits in none is refused with both lengths', () => {
  const long = `/${'x'.repeat(120)}`;
  expect(socketPath('/data/engine', 'app.sock', '/')).toBe('/data/engine/app.sock');
  expect(socketPath(`${long}/engine`, 'app.sock', long)).toBe('engine/app.sock');
  expect(() => socketPath(`${long}/engine`, 'app.sock', '/somewhere')).toThrow("a socket's path has at most 107");
});
