import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isJsonObject, type Json } from '@civitas/canon';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { Fault } from '../fault.ts';
import type { Profile } from '../profile/load-profile.ts';
import { PROFILE_FILES } from '../profile/profile-files.ts';
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

/** The citizen of the newest case: the one whose key the portal made last. */
function lastCitizen(portal: Profile): string {
  const folder = join(portal.folder, PROFILE_FILES.citizenKeys);
  const keys = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith('.key')) : [];
  const newest = keys
    .map((file) => ({ file, madeAtMs: statSync(join(folder, file)).mtimeMs }))
    .sort((left, right) => right.madeAtMs - left.madeAtMs);
  const [last] = newest;
  if (last === undefined)
    throw new Fault('NO_CASE', 'no case has been played from here yet: civitas case run serious-illness', { exitCode: EXIT.usage });
  return last.file.replace(/\.key$/, '');
}

/** A citizen's list: who read what, and why. Asked by the portal, or the registrar with --as. */
export async function accessCommand(context: CommandContext, options: { subject: string }): Promise<ExitCode> {
  const parties = await context.parties();
  const ledger = parties.ledger(context.as ?? 'citizen-portal', 'city');
  const subject = options.subject === 'last' ? lastCitizen(parties.profile('citizen-portal')) : options.subject;
  const answer = await ledger.view('city.access@v1', 'list', { subject });
  const entries = entriesOf(answer);
  context.terminal.table(
    [...COLUMNS],
    entries.map((entry) => COLUMNS.map((column) => cellOf(entry, column))),
  );
  context.terminal.line(`${entries.length} accesses`);
  context.terminal.result(answer);
  return EXIT.ok;
}
