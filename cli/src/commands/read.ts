import { writeFileSync } from 'node:fs';
import { nodeCrypto } from '@civitas/canon/node';
import { verifyBundle } from '@civitas/proofs';
import { collectEvidence } from '../evidence/collect-evidence.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { LedgerClient } from '../sdk/ledger-client.ts';
import type { CommandContext } from './context.ts';

export interface ReadOptions {
  readonly network: string;
  readonly proof?: boolean;
  readonly out?: string;
}

async function clientFor(context: CommandContext, network: string): Promise<LedgerClient> {
  const parties = await context.parties();
  return context.as === undefined ? parties.anyLedger(network) : parties.ledger(context.as, network);
}

async function readWithProof(context: CommandContext, key: string, options: ReadOptions): Promise<ExitCode> {
  const { terminal } = context;
  const ledger = await clientFor(context, options.network);
  const plain = await ledger.read(key);
  const record = { title: key, statement: `Read by ${ledger.organisation}`, ledger, key, absent: !plain.found };
  const subject = { kind: 'record', id: `${ledger.chainId}/${key}` };
  const bytes = await collectEvidence({
    subject,
    records: [record],
    operations: [],
    capturedBy: ledger.organisation,
    capturedAtUnixMs: Date.now(),
  });
  if (options.out !== undefined) writeFileSync(options.out, bytes, { mode: 0o600 });
  const verified = verifyBundle(nodeCrypto, bytes);
  const holds = verified.ok && verified.value.ok;
  const height = verified.ok ? (verified.value.networks[0]?.headerHeights[0] ?? 0) : 0;
  terminal.line(plain.found ? JSON.stringify(plain.value, undefined, 2) : `${key} is absent`);
  terminal.line(holds ? `proof verified here against header ${height} of ${ledger.chainId}` : 'PROOF DOES NOT HOLD');
  terminal.result({
    found: plain.found,
    value: plain.value ?? null,
    verified: holds,
    headerHeight: height,
    report: verified.ok ? verified.value : verified.refusal,
  });
  return holds ? EXIT.ok : EXIT.unverified;
}

/** Reads one record; with a proof, verified here from the genesis document on. */
export async function readCommand(context: CommandContext, key: string, options: ReadOptions): Promise<ExitCode> {
  if (options.proof === true || options.out !== undefined) return readWithProof(context, key, options);
  const ledger = await clientFor(context, options.network);
  const { found, value } = await ledger.read(key);
  context.terminal.line(found ? JSON.stringify(value, undefined, 2) : `${key} is absent`);
  context.terminal.result({ found, value: value ?? null });
  return EXIT.ok;
}
