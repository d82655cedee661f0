import { readFileSync } from 'node:fs';
import { base64urlDecode, isJsonObject, type Json, type JsonObject, parseContractName } from '@civitas/canon';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { Refused } from '../fault.ts';
import { ensureApprover } from '../flows/city/prepare-city.ts';
import type { CommandContext } from './context.ts';
import { usage } from './usage.ts';

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

function readArgs(path: string, option: string): string {
  try {
    return readFileSync(path === '-' ? 0 : path, 'utf8');
  } catch (error) {
    throw usage(`${option} names a file that cannot be read: ${path} (${(error as NodeJS.ErrnoException).code ?? String(error)})`);
  }
}

/** @param option Its name, for what is wrong. @throws a usage fault. */
export function argsOf(text: string, option = '--args'): JsonObject {
  const source = text.startsWith('@') ? readArgs(text.slice(1), option) : text;
  let value: Json;
  try {
    value = JSON.parse(source);
  } catch (error) {
    throw usage(`${option} is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!isJsonObject(value)) throw usage(`${option} must be a JSON object`);
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
  if (!parseContractName(contract).ok) throw usage(`--contract is '${contract}', expected name@vN, such as health.index@v1`);
  const parties = await context.parties();
  const approver = options.coSign === true ? { approver: await ensureApprover(parties, context.as, network) } : {};
  const call = { contract, method, role, args, ...key, ...approver, ...(actor === undefined ? {} : { actor }) };
  const submitted = await parties.ledger(context.as, network).submit(call);
  if (!submitted.ok) {
    context.terminal.note(`civitas: ${new Refused(`${network}: ${contract} ${method}`, submitted.refusal).message}`);
    context.terminal.result({ ok: false, hash: submitted.hash, height: submitted.height, refusal: submitted.refusal });
    return EXIT.refused;
  }
  const { hash, height, result, receipt } = submitted;
  context.terminal.line(`done at ${network} height ${height}`);
  context.terminal.line(`operation ${hash}`);
  context.terminal.line(JSON.stringify(result, undefined, 2));
  context.terminal.result({ ok: true, hash, height, result, events: receipt.events });
  return EXIT.ok;
}
