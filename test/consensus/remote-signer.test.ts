import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { base64urlEncode } from '@civitas/canon';
import { ed25519FromSeed, nodeCrypto } from '@civitas/canon/node';
import { PORTS } from '@civitas/deployment';
import { addressOf, FLAG_COMMIT } from '@civitas/proofs';
import { seededRandom, waitFor } from '@civitas/testkit';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { NEWEST_PROTOCOL } from '../../node/src/core/protocol/rules.ts';
import { aTestAuthority } from '../../node/src/host/testing/test-authority.ts';
import { findSigner } from '../../tools/engine/signer-tool.ts';
import { aDocument, ConsensusNetwork, findEngineBinary } from './network/consensus-network.ts';

/** Blocks until one commit has all four signatures, ms. */
const SIGNED_MS = 120_000;
const CHAIN_ID = 'jincheng-health-1';
/** The validator whose key is elsewhere. */
const REMOTE = 3;
const program = findSigner();
function whyNot(): string | undefined {
  if (program === undefined) return 'no tmkms; npm run signer:install builds it with Rust';
  return findEngineBinary() === undefined ? 'no engine; npm run engine:install' : undefined;
}

const why = whyNot();
if (why !== undefined) process.stderr.write(`SKIPPED: a key held by a remote signer: ${why}\n`);
// Fails where CI is set: there, both are installed before.
const testWithSigner = why !== undefined && process.env['CI'] === undefined ? test.skip : test;

const seed = seededRandom(2026).nextBytes(32);
const key = ed25519FromSeed(seed);
const folder = mkdtempSync(join(tmpdir(), 'civitas-signer-'));
let network: ConsensusNetwork;
let signer: ChildProcess | undefined;

/** The signer's configuration: its own key, its own sign state, and where the engine waits for it. */
function writeSignerConfig(address: string): string {
  const secret = join(folder, 'consensus.key');
  writeFileSync(secret, Buffer.from(seed).toString('base64'), { mode: 0o600 });
  // Names the signer's end of the connection; CometBFT asks for no particular one.
  const connection = join(folder, 'connection.key');
  writeFileSync(connection, Buffer.from(seededRandom(26).nextBytes(32)).toString('base64'), { mode: 0o600 });
  mkdirSync(join(folder, 'state'));
  const config = `[[chain]]
id = "${CHAIN_ID}"
key_format = { type = "hex" }
state_file = "${join(folder, 'state', 'sign-state.json')}"

[[validator]]
chain_id = "${CHAIN_ID}"
addr = "tcp://${address}:${PORTS.signer}"
secret_key = "${connection}"
protocol_version = "v0.38"
reconnect = true

[[providers.softsign]]
chain_ids = ["${CHAIN_ID}"]
key_type = "consensus"
path = "${secret}"
`;
  writeFileSync(join(folder, 'tmkms.toml'), config);
  return join(folder, 'tmkms.toml');
}

beforeAll(async () => {
  if (program === undefined || why !== undefined) {
    if (process.env['CI'] !== undefined) throw new Error(why);
    return;
  }
  const address = `127.${64 + randomInt(128)}.${randomInt(256)}.9`;
  const remoteSigner = { publicKey: base64urlEncode(key.publicKey), dials: 'tcp' } as const;
  network = new ConsensusNetwork(
    {
      // Born with the newest rules, as the operator founds networks.
      node: (index) => (index === REMOTE ? { address, config: { remoteSigner } } : {}),
    },
    await aTestAuthority(CHAIN_ID),
  );
  signer = spawn(program, ['start', '-c', writeSignerConfig(address)], { stdio: 'ignore' });
  await network.bear();
});

afterAll(async () => {
  signer?.kill('SIGKILL');
  await network?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Height that the signer last signed. */
function signedHeight(): number {
  const { height } = JSON.parse(readFileSync(join(folder, 'state', 'sign-state.json'), 'utf8')) as { height: string };
  return Number(height);
}

/** Files of a volume that hold the seed, in any form a key file has. */
function filesWithSeed(volume: string): string[] {
  // 40 characters of base64 are 30 whole bytes of the seed, whatever follows it.
  const forms = [
    Buffer.from(seed),
    Buffer.from(Buffer.from(seed).toString('base64').slice(0, 40)),
    Buffer.from(Buffer.from(seed).toString('hex')),
  ];
  return readdirSync(volume, { recursive: true, encoding: 'utf8' }).filter((name) => {
    const path = join(volume, name);
    return statSync(path).isFile() && forms.some((form) => readFileSync(path).includes(form));
  });
}

testWithSigner('a validator whose key is held by tmkms signs blocks, and its volume never sees the key', async () => {
  const { height } = await network.submit(0, aDocument());
  await waitFor('a signature by the remote signer', () => signedHeight() >= height, SIGNED_MS);

  const address = addressOf(nodeCrypto.sha256, key.publicKey);
  const hasSigned = async (at: number): Promise<boolean> => {
    const { commit } = await network.rpc(0).signedHeader(at);
    return commit.signatures.some(({ flag, validatorAddress }) => flag === FLAG_COMMIT && Buffer.from(validatorAddress).equals(address));
  };
  // A commit closes with three signatures of four, and a signer of its own is often the last: some block has the fourth validator's.
  await waitFor(
    'a commit with the signature of the remote signer',
    async () => hasSigned((await network.submit(0, aDocument())).height),
    SIGNED_MS,
  );
  expect((await network.rpc(0).signedHeader(height)).header.appProtocol).toBe(BigInt(NEWEST_PROTOCOL));
  // One whole look: node and engine go on, and a file that went meanwhile ends it.
  const found = await waitFor('a look at the volume', () => filesWithSeed(network.pod(REMOTE).pathOf('data')));
  expect(found).toEqual([]);
});

testWithSigner('the network goes on without the signer, and the validator comes back with it', async () => {
  signer?.kill('SIGSTOP');
  // The block in the making may have its signature already; a later one is made without.
  const goesOn = async (): Promise<number> => (await network.submit(0, aDocument())).height;
  const height = await waitFor(
    'a block without the signer',
    async () => {
      const made = await goesOn();
      return made > signedHeight() && made;
    },
    SIGNED_MS,
  );
  signer?.kill('SIGCONT');
  await waitFor('a signature after the pause', async () => (await goesOn()) > height && signedHeight() > height, SIGNED_MS);
});
