import { basename } from 'node:path';
import { isJsonObject } from '@civitas/canon';
import type { Parties } from '../../sdk/parties.ts';
import type { Progress } from '../../terminal/terminal.ts';
import { CASES_OPEN_MAX } from '../limits.ts';
import { mapConcurrently } from '../map-concurrently.ts';
import type { Quarantine } from '../quarantine.ts';
import { throwIfFatal } from '../refusals.ts';
import type { FineCase, FineEvent } from './fine-event.ts';
import { fineOperationOf } from './fine-operation.ts';

export interface TransportIngest {
  readonly parties: Parties;
  /** Who records and sends fines, and whose index key names them. */
  readonly police: string;
  /** Who confirms payments. */
  readonly bank: string;
  readonly cases: readonly FineCase[];
  readonly quarantine: Quarantine;
  /** Advanced once a row. */
  readonly progress: Progress;
}

export interface TransportReport {
  cases: number;
  events: number;
  accepted: number;
  unchanged: number;
  quarantined: number;
}

function reject(ingest: TransportIngest, event: FineEvent, why: { reason: string; message: string }): void {
  ingest.quarantine.add({ file: basename(event.file), position: `line ${event.line}`, ...why });
}

/** True when the event stands on the ledger now. */
async function takeEvent(ingest: TransportIngest, event: FineEvent, report: TransportReport): Promise<boolean> {
  const { parties, police, bank } = ingest;
  const { party, call } = fineOperationOf(parties.profile(police).indexKey, event);
  const submitted = await parties.ledger(party === 'bank' ? bank : police, 'transport').submitBulk(call);
  if (submitted.ok) {
    const unchanged = isJsonObject(submitted.result) && submitted.result['unchanged'] === true;
    report[unchanged ? 'unchanged' : 'accepted'] += 1;
    return true;
  }
  const { code, facts } = submitted.refusal;
  throwIfFatal(`${call.contract} ${call.method}`, submitted.refusal);
  reject(ingest, event, { reason: code, message: `${event.activity} was refused: ${code} ${JSON.stringify(facts)}` });
  return false;
}

async function takeCase(ingest: TransportIngest, one: FineCase, report: TransportReport): Promise<void> {
  let isOpen = false;
  for (const event of one.events) {
    ingest.progress.advance();
    if (event.activity === 'Create Fine') {
      isOpen = await takeEvent(ingest, event, report);
      continue;
    }
    if (!isOpen) {
      reject(ingest, event, { reason: 'CASE_NOT_OPEN', message: `the case has no Create Fine before this row, or it was quarantined` });
      continue;
    }
    await takeEvent(ingest, event, report);
  }
  report.cases += 1;
}

/**
 * Carries the cases of a fine log onto the transport ledger, each case in its own order. Running it again changes nothing.
 *
 * @throws Fault when the node stays away; Refused when a profile may not do this at all.
 */
export async function ingestTransport(ingest: TransportIngest): Promise<TransportReport> {
  const report: TransportReport = { cases: 0, events: 0, accepted: 0, unchanged: 0, quarantined: 0 };
  report.events = ingest.cases.reduce((sum, { events }) => sum + events.length, 0);
  await mapConcurrently(ingest.cases, CASES_OPEN_MAX, (one) => takeCase(ingest, one, report));
  report.quarantined = ingest.quarantine.count;
  return report;
}
