import { readFileSync } from 'node:fs';
import { base64urlDecode, isJsonObject, type Json, type JsonObject } from '@civitas/canon';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { Fault, Refused } from '../fault.ts';
import { ensureApprover } from '../flows/city/prepare-city.ts';
import type { CommandContext } from './context.ts';

export interface SubmitOptions {
  readonly network: string;
  readonly contract: string;
  readonly method: string;
  readonly args: string;
  readonly role: string;
  readonly actor?: string;
  readonly key?: string;
  readonly coSign?: boolean;
}

function usage(message: string): Fault {
  return new Fault('USAGE', message, { exitCode: EXIT.usage });
}

function argsOf(text: string): JsonObject {
  const source = text.startsWith('@') ? readFileSync(text.slice(1) === '-' ? 0 : text.slice(1), 'utf8') : text;
  let value: Json;
  try {
    value = JSON.parse(source);
  } catch (error) {
    throw usage(`--args is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!isJsonObject(value)) throw usage('--args must be a JSON object');
  return value;
}

function keyOf(text: string | undefined): { idempotencyKey?: Uint8Array } {
  if (text === undefined) return {};
  const key = base64urlDecode(text);
  if (key?.length !== 16) throw usage('--idempotency-key must be base64url of 16 bytes');
  return { idempotencyKey: key };
}

/** Signs one operation with the profile's key and submits it. */
export async function submitCommand(context: CommandContext, options: SubmitOptions): Promise<ExitCode> {
  if (context.as === undefined) throw usage('submit needs --as AGENCY: whose operation is it?');
  const { network, contract, method, role, actor } = options;
  const args = argsOf(options.args);
  const key = keyOf(options.key);
  const parties = await context.parties();
  const approver = options.coSign === true ? { approver: await ensureApprover(parties, context.as, network) } : {};
  const call = { contract, method, role, args, ...key, ...approver, ...(actor === undefined ? {} : { actor }) };
  const submitted = await parties.ledger(context.as, network).submit(call);
  if (!submitted.ok) {
    context.terminal.result({ ok: false, hash: submitted.hash, height: submitted.height, refusal: submitted.refusal });
    throw new Refused(`${network}: ${contract} ${method}`, submitted.refusal);
  }
  const { hash, height, result, receipt } = submitted;
  context.terminal.line(`done at ${network} height ${height}`);
  context.terminal.line(`operation ${hash}`);
  context.terminal.line(JSON.stringify(result, undefined, 2));
  context.terminal.result({ ok: true, hash, height, result, events: receipt.events });
  return EXIT.ok;
}
