import { isJsonObject, type Json } from '@civitas/canon';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { CommandContext } from './context.ts';

const COLUMNS = ['atUnixMs', 'requester', 'custodian', 'what', 'purpose', 'basis', 'dispute', 'source'] as const;

function entriesOf(answer: Json): readonly Json[] {
  const list = isJsonObject(answer) ? answer['entries'] : answer;
  return Array.isArray(list) ? list : [];
}

function cellOf(entry: Json, column: string): string {
  const value = isJsonObject(entry) ? entry[column] : undefined;
  if (column.endsWith('UnixMs') && typeof value === 'number') return new Date(value).toISOString();
  return value === undefined || value === null ? '' : String(value);
}

/** A citizen's list: who read what, and why. Asked by the portal, or the registrar with --as. */
export async function accessCommand(context: CommandContext, options: { subject: string }): Promise<ExitCode> {
  const parties = await context.parties();
  const ledger = parties.ledger(context.as ?? 'citizen-portal', 'city');
  const answer = await ledger.view('city.access@v1', 'list', { subject: options.subject });
  const entries = entriesOf(answer);
  context.terminal.table(
    [...COLUMNS],
    entries.map((entry) => COLUMNS.map((column) => cellOf(entry, column))),
  );
  context.terminal.line(`${entries.length} accesses`);
  context.terminal.result(answer);
  return EXIT.ok;
}
