import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT } from '../exit-codes.ts';
import { Fault } from '../fault.ts';
import type { LedgerClient } from '../sdk/ledger-client.ts';
import { type ProvenRead, readProven } from '../sdk/proven-read.ts';
import type { CaseRun, Seat } from './case-run.ts';

export interface PeerProof {
  readonly ledger: LedgerClient;
  readonly key: string;
  /** Who looks up, at the network that is to check the proof, which headers its client knows. */
  readonly peer: Seat;
}

// The relay brings a header that is asked for within a second or two, and refreshes an idle client within a minute in any case.
const CLIENT_WAIT_MS = 120_000;
const POLL_MS = 200;

/**
 * Reads a record with a proof against a header that the peer's light client already knows and that carries the record's last write.
 *
 * @throws Fault CLIENT_LATE when the relay does not bring such a header in two minutes.
 */
export async function proveForPeer(run: CaseRun, { ledger, key, peer }: PeerProof): Promise<ProvenRead> {
  const there = run.parties.ledger(peer.agency, peer.network);
  const writtenAt = Number((await ledger.info()).height);
  const endMs = Date.now() + CLIENT_WAIT_MS;
  await there.requestHeader(ledger.chainId, writtenAt + 1);
  for (;;) {
    const client = (await there.read(`links/${ledger.chainId}/client`)).value;
    const known = Number(client?.['latestHeight'] ?? 0);
    if (known > writtenAt) return readProven(ledger, key, { headerHeight: known });
    if (Date.now() > endMs) {
      const message = `${peer.network} knows ${ledger.network} up to header ${known}; the proof needs one after block ${writtenAt}: the relay brings it (is relay-0 running?)`;
      throw new Fault('CLIENT_LATE', message, { exitCode: EXIT.timedOut });
    }
    await sleep(POLL_MS, undefined, { signal: run.parties.signal });
  }
}
