// Child of crash-images.test.ts and store-faults.test.ts: a ledger that submits bundles and logs what it promised, each line in one write.
import { openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { base64urlEncode, hexEncode } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { aBundle, aNetwork, anEnvelope, probe } from '../ledger/ledger-fixture.ts';
import { openLedgerHost } from '../ledger/open-ledger-host.ts';

const [folder = '', bundleCount = '0', run = '0'] = process.argv.slice(2);
const network = aNetwork('jincheng-health-1', {}, 1_767_225_600_000);
const log = openSync(join(folder, 'promises'), 'a');
const promise = (line: string): void => void writeSync(log, `${line}\n`);

const host = await openLedgerHost({
  dataDir: folder,
  genesis: network.genesisBytes,
  consensusKey: {
    publicKey: network.consensus.publicKey,
    sign: (message) => {
      promise(`signed ${base64urlEncode(nodeCrypto.sha256(message))}`);
      return network.consensus.sign(message);
    },
  },
  crypto: nodeCrypto,
  clock: { nowUnixMs: Date.now, setTimer: () => () => undefined },
  log: { error: (event, fields) => void process.stderr.write(`${event} ${JSON.stringify(fields)}\n`) },
  options: {
    signing: { granted: () => true, onChange: () => () => undefined },
    contracts: [probe],
    // Blocks of a few operations: what they leave to later ones leaves soon, also in transactions between two blocks.
    storeLimits: { unsavedKeysMax: 8, unsavedChangesMax: 64, aheadCountMin: 2 },
  },
});
host.onCommit(({ height, root }) => promise(`root ${height} ${hexEncode(root)}`));
for (let n = 0; n < Number(bundleCount); n++) {
  const ids = Array.from({ length: 1 + (n % 5) }, (_, i) => `${run}-${n}-${i}`);
  const envelopes = ids.map((id, i) =>
    anEnvelope(network, {
      expiresAtUnixMs: Date.now() + 600_000,
      intent: nodeCrypto.sha256(Buffer.from(id)).slice(0, 16),
      args: { id, value: 'x'.repeat(40 + 700 * i) },
    }),
  );
  const [receipt] = await host.submit(aBundle(network, envelopes));
  promise(`ack ${receipt?.height ?? 0} ${ids.join(' ')}`);
}
await host.close();
