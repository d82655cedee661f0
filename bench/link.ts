import { openParties, type Parties, prepareCity } from '@civitas/cli';
import { hasReceipt, openFine, payFine } from '../test/e2e/fine-payment.ts';
import { findPodProcess } from '../test/e2e/pod-processes.ts';
import { type BenchOptions, withCity } from './city.ts';
import { cpuMicrosOf } from './process-usage.ts';
import { quantilesOf } from './quantiles.ts';

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
      await payFine(parties, fine);
      await receiptOf(parties, fine);
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
  await Promise.all(fines.map((fine) => payFine(parties, fine)));
  await allAcknowledged(parties);
  const seconds = (performance.now() - startedMs) / 1000;
  const relayCpuMicros = relay === undefined ? 0 : cpuMicrosOf(relay) - cpuBefore;
  // Outside of what is timed: one read a packet would be most of it.
  for (const fine of fines) await receiptOf(parties, fine);
  return {
    packets: count,
    packetsPerSecond: Math.round(count / seconds),
    relayCpuMicrosPerPacket: relay === undefined ? null : Math.round(relayCpuMicros / count),
  };
}

/** Resolves once every packet to the city has come back with its acknowledgement. */
async function allAcknowledged(parties: Parties): Promise<void> {
  const city = parties.ledger('traffic-police', 'city').chainId;
  const transport = parties.ledger('traffic-police', 'transport');
  const deadlineMs = performance.now() + ROUND_TRIP_LIMIT_MS;
  while (performance.now() < deadlineMs) {
    const { value } = await transport.read(`links/${city}/counter`);
    if (value?.['inFlight'] === 0) return;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error(`packets still in flight after ${ROUND_TRIP_LIMIT_MS} ms`);
}

async function receiptOf(parties: Parties, fine: string): Promise<void> {
  const deadlineMs = performance.now() + ROUND_TRIP_LIMIT_MS;
  while (performance.now() < deadlineMs) {
    if (await hasReceipt(parties, fine)) return;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error(`no receipt for fine ${fine} within ${ROUND_TRIP_LIMIT_MS} ms`);
}
