// Child of crash.test.ts: opens a ledger, submits without end, and says what was acknowledged and which blocks were signed.
import { base64urlEncode } from '@civitas/canon';
import { nodeCrypto } from '@civitas/canon/node';
import { decodeLightBlock } from '@civitas/proofs';
import { aBundle, aNetwork, anEnvelope, probe } from './ledger-fixture.ts';
import { openLedgerHost } from './open-ledger-host.ts';

const [folder = '', run = '0', step = '', stepCount = '0'] = process.argv.slice(2);
const network = aNetwork('jincheng-health-1', {}, 1_767_225_600_000);
let seen = 0;

const host = await openLedgerHost({
  dataDir: folder,
  genesis: network.genesisBytes,
  consensusKey: {
    publicKey: network.consensus.publicKey,
    sign: (message) => {
      const signature = network.consensus.sign(message);
      process.stdout.write(`signed ${base64urlEncode(nodeCrypto.sha256(message))}\n`);
      return signature;
    },
  },
  crypto: nodeCrypto,
  clock: {
    nowUnixMs: Date.now,
    setTimer: (callback, delayMs) => {
      const timer = setTimeout(callback, delayMs);
      return () => clearTimeout(timer);
    },
  },
  log: { error: (event) => process.stderr.write(`${event}\n`) },
  options: {
    signing: { granted: () => true, onChange: () => () => undefined },
    contracts: [probe],
    onStep: (at, height) => {
      if (at === 'persisted') process.stdout.write(`height ${height}\n`);
      if (at === step && ++seen > Number(stepCount)) process.kill(process.pid, 'SIGKILL');
    },
  },
});
for (let n = 0; ; n++) {
  const envelopes = Array.from({ length: 1 + (n % 5) }, (_, i) => {
    const id = `${run}-${n}-${i}`;
    return anEnvelope(network, {
      expiresAtUnixMs: Date.now() + 600_000,
      intent: nodeCrypto.sha256(Buffer.from(id)).slice(0, 16),
      args: { id, value: id },
    });
  });
  const receipts = await host.submit(aBundle(network, envelopes));
  receipts.forEach((receipt, i) =>
    process.stdout.write(`ack ${run}-${n}-${i} ${base64urlEncode(receipt.operationHash)} ${receipt.height}\n`),
  );
  const light = decodeLightBlock(new Uint8Array(host.lightBlock(host.status().height) ?? []));
  if (light.ok) process.stdout.write(`block ${light.value.header.height} ${base64urlEncode(light.value.commit.blockId.hash)}\n`);
}
