import { readFileSync } from 'node:fs';
import { nodeCrypto } from '@civitas/canon/node';
import { type BundleReport, verifyBundle } from '@civitas/proofs';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { Fault } from '../fault.ts';
import { createTerminal, type Terminal } from '../terminal/terminal.ts';

const MARKS = { ok: '✓', failed: '✗', asserted: '·' } as const;

function read(path: string): Uint8Array {
  try {
    return new Uint8Array(readFileSync(path));
  } catch (error) {
    throw new Fault('FILE_UNREADABLE', `${path} cannot be read: ${(error as NodeJS.ErrnoException).code ?? String(error)}`, {
      cause: error,
    });
  }
}

/** Prints a bundle's report: each check, then which genesis hashes a person should compare. */
export function tellReport(terminal: Terminal, report: BundleReport): void {
  terminal.line(`${report.subject.kind} ${report.subject.id}`);
  for (const { check, about, outcome, reason } of report.checks)
    terminal.line(`  ${MARKS[outcome]} ${check.padEnd(24)} ${about}: ${reason}`);
  terminal.line('Trust starts at these genesis hashes; compare them with a source you trust:');
  terminal.table(
    ['  network', 'chain id', 'genesis hash', 'headers'],
    report.networks.map(({ name, chainId, genesisHash, headerHeights }) => [`  ${name}`, chainId, genesisHash, headerHeights.join(', ')]),
  );
}

/** Verifies a bundle or proof file with nothing but its bytes: no network, no home folder. */
export function verifyCommand(options: { json?: boolean }, file: string): ExitCode {
  const terminal = createTerminal({ stdout: process.stdout, stderr: process.stderr }, { json: options.json ?? false });
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
    verified.value.ok ? 'VERIFIED: every check holds.' : `NOT VERIFIED: ${failed} of ${verified.value.checks.length} checks failed.`,
  );
  terminal.result({ ...verified.value });
  return verified.value.ok ? EXIT.ok : EXIT.unverified;
}
