import { randomBytes } from 'node:crypto';
import type { LedgerClient, Parties } from '@civitas/cli';

const AMOUNT_FEN = 5_000;

const freshId = (): string => randomBytes(16).toString('base64url');

/** An officer's own fine, sent and waiting to be paid. @returns Its id. */
export async function openFine(parties: Parties): Promise<string> {
  const id = freshId();
  const onUnixMs = Date.now() - 60_000;
  const call = (method: string, args: Parameters<LedgerClient['submit']>[0]['args']) =>
    parties.ledger('traffic-police', 'transport').submitBulk({ contract: 'transport.fine@v1', method, role: 'police', args });
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

/** Pays it in full, which sends a packet to the city ledger for the receipt. */
export async function payFine(parties: Parties, fine: string): Promise<void> {
  const paymentReference = `bank-${randomBytes(8).toString('hex')}`;
  const paid = await parties.ledger('bank-1', 'transport').submitBulk({
    contract: 'transport.fine@v1',
    method: 'pay',
    role: 'bank',
    args: { fine, eventId: freshId(), onUnixMs: Date.now() - 30_000, amountFen: AMOUNT_FEN, channel: 'counter', paymentReference },
  });
  if (!paid.ok) throw new Error(`a payment was refused: ${JSON.stringify(paid.refusal)}`);
}

/** Whether the acknowledgement of the receipt's packet has come back. */
export async function hasReceipt(parties: Parties, fine: string): Promise<boolean> {
  const { value } = await parties.ledger('traffic-police', 'transport').read(`transport.fine/fines/${fine}`);
  return value?.['receiptStatus'] === 'issued';
}
