import { join } from 'node:path';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { ingestHealth } from '../ingest/health/ingest-health.ts';
import { createQuarantine } from '../ingest/quarantine.ts';
import type { CommandContext } from './context.ts';
import { stampedPath, tellQuarantine } from './quarantine-report.ts';

export async function ingestHealthCommand(
  context: CommandContext,
  files: readonly string[],
  options: { quarantine?: string },
): Promise<ExitCode> {
  const parties = await context.parties();
  const agency = context.as ?? 'hospital-1';
  const quarantine = createQuarantine(options.quarantine ?? stampedPath(join(context.home, 'quarantine'), 'health'));
  const progress = context.terminal.progress(`${agency} → health`, files.length);
  const startedMs = performance.now();
  const report = await ingestHealth({ parties, agency, files, quarantine, progress });
  const seconds = (performance.now() - startedMs) / 1000;
  progress.end(`${report.patients} patients, ${report.documents} resources in ${seconds.toFixed(1)} s`);
  const { terminal } = context;
  terminal.table(
    ['files', 'patients', 'resources', 'registered', 'already there', 'not personal', 'quarantined'],
    [
      [report.files, report.patients, report.documents, report.registered, report.unchanged, report.notIndexed, report.quarantined].map(
        String,
      ),
    ],
  );
  tellQuarantine(terminal, quarantine);
  const durationMs = Math.round(seconds * 1000);
  terminal.result({ ...report, durationMs, quarantineFile: quarantine.count > 0 ? quarantine.path : null });
  return quarantine.count > 0 ? EXIT.partly : EXIT.ok;
}
