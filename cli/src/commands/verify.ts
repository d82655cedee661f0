import { readFileSync } from 'node:fs';
import { nodeCrypto } from '@civitas/canon/node';
import { type BundleReport, verifyBundle } from '@civitas/proofs';
import { isBackupFolder, verifyBackupFolder } from '../backup/backup-folder.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { Fault } from '../fault.ts';
import { createTerminal, type Terminal } from '../terminal/terminal.ts';
import { tellBackup } from './backup.ts';

const MARKS = { ok: '✓', failed: '✗', asserted: '·' } as const;
const CHECK_CELLS = 'UNCHANGED_SINCE_DEPOSIT'.length;

function read(path: string): Uint8Array {
  try {
    return new Uint8Array(readFileSync(path));
  } catch (error) {
    throw new Fault('FILE_UNREADABLE', `${path} cannot be read: ${(error as NodeJS.ErrnoException).code ?? String(error)}`, {
      cause: error,
    });
  }
}

type CheckName = BundleReport['checks'][number]['check'];

/** The report's chapters in the order a reader asks: each check stands in exactly one. */
const CHAPTERS: readonly (readonly [title: string, checks: readonly CheckName[]])[] = [
  ['The document', ['DIGEST']],
  ['Who vouches: validators that the genesis document names signed the headers', ['GENESIS', 'HEADERS']],
  ['Who did what', ['OPERATION', 'SIGNATURE', 'RECEIPT']],
  ['What stands on the ledgers', ['MEMBERSHIP', 'ABSENCE']],
  ['What was disclosed', ['OPENING']],
  ['Unchanged since it was deposited: proven', ['UNCHANGED_SINCE_DEPOSIT']],
  ['True when it was captured: no ledger proves that, somebody says it', ['TRUE_WHEN_CAPTURED']],
];

function timesFor(text: string): string {
  return text.replace(/unix ms (\d{1,15})/g, (_, unixMs: string) => new Date(Number(unixMs)).toISOString());
}

/** Prints a bundle's report: each check in its chapter, then which genesis hashes a person should compare. */
export function tellReport(terminal: Terminal, report: BundleReport): void {
  terminal.line(`${report.subject.kind} ${report.subject.id}`);
  for (const [title, names] of CHAPTERS) {
    const checks = report.checks.filter(({ check }) => names.includes(check));
    if (checks.length === 0) continue;
    terminal.line();
    terminal.line(title);
    for (const { check, about, outcome, reason } of checks)
      terminal.line(`  ${MARKS[outcome]} ${check.padEnd(CHECK_CELLS)} ${timesFor(about)}: ${timesFor(reason)}`);
  }
  terminal.line();
  terminal.line('All of this rests on these genesis hashes. Compare them with a source you trust:');
  terminal.table(
    ['  network', 'chain id', 'genesis hash', 'validators', 'headers'],
    report.networks.map(({ name, chainId, genesisHash, headerHeights, keyIds }) => {
      const range =
        headerHeights.length > 1 ? `${headerHeights.length}: ${headerHeights[0]} … ${headerHeights.at(-1)}` : headerHeights.join();
      return [`  ${name}`, chainId, genesisHash, String(keyIds.length), range];
    }),
  );
  terminal.line();
}

async function verifyFolder(terminal: Terminal, folder: string): Promise<ExitCode> {
  const verified = await verifyBackupFolder(folder);
  if (!verified.ok) {
    const { code, facts } = verified.refusal;
    terminal.note(`${folder} does not verify: ${code} ${JSON.stringify(facts)}`);
    terminal.result({ ok: false, code, facts });
    return EXIT.unverified;
  }
  terminal.line('VERIFIED: the headers follow from the genesis, and every chunk holds exactly its records.');
  tellBackup(terminal, verified.value);
  return EXIT.ok;
}

/** Verifies a bundle, a proof file or a backup folder with nothing but its bytes: no network, no home folder. */
export async function verifyCommand(options: { json?: boolean }, file: string): Promise<ExitCode> {
  const terminal = createTerminal({ stdout: process.stdout, stderr: process.stderr }, { json: options.json ?? false });
  if (isBackupFolder(file)) return verifyFolder(terminal, file);
  const verified = verifyBundle(nodeCrypto, read(file));
  if (!verified.ok) {
    const { code, facts } = verified.refusal;
    terminal.note(`${file} is no evidence bundle: ${code} ${JSON.stringify(facts)}`);
    terminal.result({ ok: false, code, facts });
    return EXIT.unverified;
  }
  tellReport(terminal, verified.value);
  const failed = verified.value.checks.filter(({ outcome }) => outcome === 'failed').length;
  terminal.line(
    verified.value.ok
      ? `VERIFIED: every check holds (${verified.value.checks.length}).`
      : `NOT VERIFIED: ${failed} of ${verified.value.checks.length} checks failed.`,
  );
  terminal.result({ ...verified.value });
  return verified.value.ok ? EXIT.ok : EXIT.unverified;
}
