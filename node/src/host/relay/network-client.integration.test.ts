import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { base64urlEncode } from '@civitas/canon';
import { spiffe } from '@civitas/deployment';
import { afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { LinkPeer } from '../ledger/ledger-host.ts';
import { writeLeaf } from '../testing/test-authority.ts';
import { authority, CHAIN, closeGateway, folder, ledger, listeners, openGateway, prepareGateway, relay } from '../testing/test-gateway.ts';
import { openCertificateFolder } from '../tls/certificate-folder.ts';
import { PAGE_PACKETS } from './limits.ts';
import { openNetworkClient } from './network-client.ts';

/** A packet's canonical JSON, bytes (core/links). */
const PACKET_BYTES_MAX = 16_384;
const PEER = 'jincheng-city-1';

beforeAll(prepareGateway);
beforeEach(openGateway);
afterEach(closeGateway);

test('a relay takes a whole page of the largest packets', async () => {
  const own = mkdtempSync(join(folder, 'relay-'));
  writeLeaf(own, await authority.issue([spiffe.relay(CHAIN)]));
  const certificates = await openCertificateFolder({ folder: own, nowUnixMs: Date.now, onChange: () => undefined });
  const genesisHash = base64urlEncode(ledger.genesisHash);
  const network = { network: 'health', chainId: CHAIN, genesisHash, grpc: `127.0.0.1:${listeners[0]?.port}` };
  const client = openNetworkClient({ network, certificates, key: relay });
  const open = { sentAtHeight: 1, sentAtUnixMs: 1, deferredUntilUnixMs: 0 };
  ledger.links.peers = () => [{ chainId: PEER } as LinkPeer];
  ledger.links.outbox = (_, after, limit) =>
    Array.from({ length: limit }, (_one, at) => ({ ...open, sequence: after + 1 + at, packet: new Uint8Array(PACKET_BYTES_MAX) }));

  const page = await client.outbox(PEER, 0, PAGE_PACKETS);
  client.close();
  certificates.close();
  expect(page.map(({ packet }) => packet.length)).toEqual(Array.from({ length: PAGE_PACKETS }, () => PACKET_BYTES_MAX));
});
