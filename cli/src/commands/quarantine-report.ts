import { join } from 'node:path';
import type { Quarantine } from '../ingest/quarantine.ts';
import type { Terminal } from '../terminal/terminal.ts';

/** `<folder>/<kind>-<time>.jsonl`, one a run. */
export function stampedPath(folder: string, kind: string, now: Date = new Date()): string {
  return join(folder, `${kind}-${now.toISOString().replaceAll(':', '').replace('.', '-')}.jsonl`);
}

/** The first quarantined items, and where all of them stand. */
export function tellQuarantine(terminal: Terminal, quarantine: Quarantine): void {
  if (quarantine.count === 0) return;
  terminal.note(`${quarantine.count} quarantined; all of them: ${quarantine.path}`);
  for (const { file, position, reason, message } of quarantine.first) terminal.note(`  ${file}: ${position}: ${reason}: ${message}`);
  if (quarantine.count > quarantine.first.length) terminal.note(`  … and ${quarantine.count - quarantine.first.length} more`);
}
