import { join } from 'node:path';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { createQuarantine } from '../ingest/quarantine.ts';
import type { FineCase } from '../ingest/transport/fine-event.ts';
import { ingestTransport } from '../ingest/transport/ingest-transport.ts';
import { parseFines } from '../ingest/transport/parse-fines.ts';
import type { CommandContext } from './context.ts';
import { stampedPath, tellQuarantine } from './quarantine-report.ts';

export interface IngestTransportOptions {
  readonly quarantine?: string;
  readonly bank: string;
}

export async function ingestTransportCommand(
  context: CommandContext,
  files: readonly string[],
  options: IngestTransportOptions,
): Promise<ExitCode> {
  const { terminal } = context;
  const quarantine = createQuarantine(options.quarantine ?? stampedPath(join(context.home, 'quarantine'), 'transport'));
  const cases: FineCase[] = [];
  let rowCount = 0;
  for (const file of files) {
    const parsed = parseFines(file);
    rowCount += parsed.rowCount;
    for (const item of parsed.quarantined) quarantine.add(item);
    cases.push(...parsed.cases);
  }
  const parties = await context.parties();
  const police = context.as ?? 'traffic-police';
  const progress = terminal.progress(
    `${police} → transport`,
    cases.reduce((sum, { events }) => sum + events.length, 0),
  );
  const startedMs = performance.now();
  const report = await ingestTransport({ parties, police, bank: options.bank, cases, quarantine, progress });
  const durationMs = Math.round(performance.now() - startedMs);
  progress.end(`${report.cases} cases, ${report.events} events in ${(durationMs / 1000).toFixed(1)} s`);
  terminal.table(
    ['rows', 'cases', 'accepted', 'already there', 'quarantined'],
    [[rowCount, report.cases, report.accepted, report.unchanged, report.quarantined].map(String)],
  );
  tellQuarantine(terminal, quarantine);
  terminal.result({ rows: rowCount, ...report, durationMs, quarantineFile: quarantine.count > 0 ? quarantine.path : null });
  return quarantine.count > 0 ? EXIT.partly : EXIT.ok;
}
