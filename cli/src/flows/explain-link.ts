import type { JsonObject } from '@civitas/canon';
import type { Parties } from '../sdk/parties.ts';

/** Two networks, by LedgerNetwork name; packets go from the first to the second. */
export interface Direction {
  readonly source: string;
  readonly destination: string;
}

async function findRecord(parties: Parties, network: string, key: string): Promise<JsonObject | undefined> {
  return (await parties.anyLedger(network).read(key)).value;
}

function paddedSequence(sequence: number): string {
  return String(sequence).padStart(12, '0');
}

/** The oldest sequence that the source still holds, of the last hundred it sent. */
async function oldestOpen(parties: Parties, { source, destination }: Direction, last: number): Promise<number | undefined> {
  const peer = parties.anyLedger(destination).chainId;
  for (let sequence = Math.max(1, last - 99); sequence <= last; sequence++) {
    if ((await findRecord(parties, source, `links/${peer}/out/${paddedSequence(sequence)}`)) !== undefined) return sequence;
  }
  return undefined;
}

function lastSequenceOf(counter: JsonObject | undefined): number {
  const known = [counter?.['sent'], counter?.['lastSequence'], counter?.['nextSequence'], counter?.['sequence']];
  return known.find((value) => typeof value === 'number') ?? 0;
}

/** Says which step of a link hangs, read from both ledgers: sent, received, acknowledged. One sentence. */
export async function explainLink(parties: Parties, direction: Direction): Promise<string> {
  const { source, destination } = direction;
  const here = parties.anyLedger(source).chainId;
  const peer = parties.anyLedger(destination).chainId;
  const client = await findRecord(parties, destination, `links/${here}/client`);
  if (client === undefined) return `Link ${source} → ${destination}: ${destination} has no light client of ${source} yet.`;
  if (client['status'] !== 'Active') return `Link ${source} → ${destination}: the client at ${destination} is ${String(client['status'])}.`;
  const last = lastSequenceOf(await findRecord(parties, source, `links/${peer}/counter`));
  const open = await oldestOpen(parties, direction, last);
  if (open === undefined)
    return `Link ${source} → ${destination}: nothing is open (last sequence ${last}): the packet was never sent, or is done.`;
  const received = await findRecord(parties, destination, `links/${here}/in/${paddedSequence(open)}`);
  const step = received === undefined ? `not received at ${destination}` : `received, its acknowledgement has not come back`;
  return `Link ${source} → ${destination}: packet ${open} is sent and ${step} (is relay-0 running?).`;
}
