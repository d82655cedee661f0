import { randomBytes } from 'node:crypto';
import { type LedgerClient, openParties, type Parties, prepareCity } from '@civitas/cli';
import { findPodProcess } from '../test/e2e/pod-processes.ts';
import { type BenchOptions, withCity } from './city.ts';
import { cpuMicrosOf } from './process-usage.ts';
import { quantilesOf } from './quantiles.ts';

const AMOUNT_FEN = 5_000;
const POLL_MS = 5;
const ROUND_TRIP_LIMIT_MS = 30_000;

/**
 * One link, transport to city: a fine paid in full sends a packet, the city issues the receipt, the acknowledgement comes back. Timed from the
 * submission of the payment until the fine's record shows the receipt.
 */
export function benchLink(options: BenchOptions): Promise<object> {
  return withCity(options, async (home) => {
    const parties = openParties(home);
    await prepareCity({ parties });
    options.say('round trips, one at a time');
    const roundTrips: number[] = [];
    const startedMs = performance.now();
    while (performance.now() - startedMs < options.seconds * 1000) {
      const fine = await openFine(parties);
      const sentMs = performance.now();
      await pay(parties, fine);
      await receiptOf(parties.ledger('traffic-police', 'transport'), fine);
      roundTrips.push(performance.now() - sentMs);
    }
    options.say('a burst of packets');
    const burst = await burstOf(home, parties, Math.max(100, options.seconds * 20));
    parties.close();
    return { roundTripMs: quantilesOf(roundTrips), roundTrips: roundTrips.length, ...burst };
  });
}

async function burstOf(home: string, parties: Parties, count: number) {
  const relay = findPodProcess(home, 'relay-0');
  const fines = await Promise.all(Array.from({ length: count }, () => openFine(parties)));
  const cpuBefore = relay === undefined ? 0 : cpuMicrosOf(relay);
  const startedMs = performance.now();
  await Promise.all(fines.map((fine) => pay(parties, fine)));
  for (const fine of fines) await receiptOf(parties.ledger('traffic-police', 'transport'), fine);
  const seconds = (performance.now() - startedMs) / 1000;
  return {
    packets: count,
    packetsPerSecond: Math.round(count / seconds),
    relayCpuMicrosPerPacket: relay === undefined ? null : Math.round((cpuMicrosOf(relay) - cpuBefore) / count),
  };
}

const freshId = (): string => randomBytes(16).toString('base64url');

/** An officer's own fine, sent and waiting to be paid. */
async function openFine(parties: Parties): Promise<string> {
  const id = freshId();
  const onUnixMs = Date.now() - 60_000;
  const police = parties.ledger('traffic-police', 'transport');
  const call = (method: string, args: Parameters<LedgerClient['submit']>[0]['args']) =>
    police.submitBulk({ contract: 'transport.fine@v1', method, role: 'police', args });
  const steps = [
    await call('create', {
      id,
      violation: null,
      officer: 'officer-17',
      amountFen: AMOUNT_FEN,
      article: 157,
      vehicleClass: 'A',
      points: 0,
      dismissal: null,
      onUnixMs,
    }),
    await call('send', { fine: id, eventId: freshId(), onUnixMs, expenseFen: 0 }),
  ];
  for (const step of steps) if (!step.ok) throw new Error(`a fine was refused: ${JSON.stringify(step.refusal)}`);
  return id;
}

async function pay(parties: Parties, fine: string): Promise<void> {
  const paid = await parties.ledger('bank-1', 'transport').submitBulk({
    contract: 'transport.fine@v1',
    method: 'pay',
    role: 'bank',
    args: {
      fine,
      eventId: freshId(),
      onUnixMs: Date.now() - 30_000,
      amountFen: AMOUNT_FEN,
      channel: 'counter',
      paymentReference: `bench-${randomBytes(8).toString('hex')}`,
    },
  });
  if (!paid.ok) throw new Error(`a payment was refused: ${JSON.stringify(paid.refusal)}`);
}

async function receiptOf(ledger: LedgerClient, fine: string): Promise<void> {
  const deadlineMs = performance.now() + ROUND_TRIP_LIMIT_MS;
  while (performance.now() < deadlineMs) {
    const { value } = await ledger.read(`transport.fine/fines/${fine}`);
    if (value?.['receiptStatus'] === 'issued') return;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error(`no receipt for fine ${fine} within ${ROUND_TRIP_LIMIT_MS} ms`);
}
