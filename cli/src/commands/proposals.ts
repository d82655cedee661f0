import { isJsonObject, type Json, type JsonObject } from '@civitas/canon';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { Refused } from '../fault.ts';
import { ensureApprover } from '../flows/city/prepare-city.ts';
import type { OpenProposals } from '../sdk/ledger-client.ts';
import type { CommandContext } from './context.ts';
import { ledgerFor } from './network-validators.ts';
import { usage } from './usage.ts';

const MEMBERS = 'network.members@v1';
/** Blocks between a decision about the rules and the first block of them, where nobody says how many: those that the operator proposes with. */
const NOTICE_BLOCKS = 60;

export interface ProposalOptions {
  readonly network: string;
  readonly role: string;
}

const textOf = (value: Json | undefined): string => (typeof value === 'string' ? value : '');

/** What a change is about, beside its kind: names, versions and flags, no keys. */
function aboutOf(change: Json | undefined): string {
  if (!isJsonObject(change)) return '';
  const { kind, ...rest } = change;
  const facts = Object.entries(rest).filter(
    ([name, value]) => !/key/i.test(name) && ['string', 'number', 'boolean'].includes(typeof value),
  );
  return [textOf(kind), ...facts.map(([name, value]) => `${name}=${String(value)}`)].join(' ');
}

function rowOf(proposal: JsonObject, { approvalThreshold }: OpenProposals): string[] {
  const approvals = Array.isArray(proposal['approvals']) ? proposal['approvals'].map(textOf) : [];
  const since = new Date(Number(proposal['proposedAtUnixMs'])).toISOString();
  const counted = `${approvals.length}/${approvalThreshold}${approvals.length === 0 ? '' : ` (${approvals.join(', ')})`}`;
  return [textOf(proposal['id']), aboutOf(proposal['change']), textOf(proposal['proposer']), counted, since];
}

/** What waits for the founders of a network, oldest first, and who they are. */
export async function proposalsCommand(context: CommandContext, network: string): Promise<ExitCode> {
  const { terminal } = context;
  const ledger = await ledgerFor(context, network);
  const open = await ledger.proposals();
  const { proposals, approvalThreshold, founders } = open;
  terminal.line(
    `${ledger.chainId}: ${proposals.length} open; ${approvalThreshold} of ${founders.length} founders decide: ${founders.join(', ')}`,
  );
  if (proposals.length > 0) {
    terminal.line();
    const rows = proposals.map((proposal) => rowOf(proposal, open));
    terminal.table(['proposal', 'change', 'by', 'approvals', 'since'], rows);
  }
  terminal.result({ chainId: ledger.chainId, proposals: [...proposals], approvalThreshold, founders: [...founders] });
  return EXIT.ok;
}

async function submitAs(
  context: CommandContext,
  { network, role }: ProposalOptions,
  { method, args }: { readonly method: 'propose' | 'approve' | 'withdraw'; readonly args: JsonObject },
): Promise<ExitCode> {
  if (context.as === undefined) throw usage(`${method} needs --as AGENCY: in whose name?`);
  const { terminal } = context;
  const parties = await context.parties();
  const approver = method === 'approve' ? { approver: await ensureApprover(parties, context.as, network) } : {};
  const submitted = await parties.ledger(context.as, network).submit({ contract: MEMBERS, method, role, args, ...approver });
  if (!submitted.ok) {
    terminal.note(`civitas: ${new Refused(`${network}: ${method}`, submitted.refusal).message}`);
    terminal.result({ ok: false, hash: submitted.hash, height: submitted.height, refusal: submitted.refusal });
    return EXIT.refused;
  }
  const { hash, height } = submitted;
  const result = isJsonObject(submitted.result) ? submitted.result : {};
  terminal.line(`proposal ${textOf(result['proposal'])} at ${network} height ${height}: ${stateOf(result)}`);
  terminal.result({ ok: true, hash, height, ...result });
  return EXIT.ok;
}

function stateOf({ status, approvals, approvalThreshold, failure }: JsonObject): string {
  if (status === undefined) return 'open; founders with automatic approval decide by themselves';
  if (status === 'open') return `open, ${Number(approvals)} of ${Number(approvalThreshold)} approvals`;
  return failure === undefined ? textOf(status) : `${textOf(status)}: ${textOf(failure)}`;
}

/** A founder approves, with its approver's signature beside its own. */
export function approveProposalCommand(context: CommandContext, proposal: string, options: ProposalOptions): Promise<ExitCode> {
  return submitAs(context, options, { method: 'approve', args: { proposal } });
}

/** Whoever proposed takes it back; from protocol version 2 on. */
export function withdrawProposalCommand(context: CommandContext, proposal: string, options: ProposalOptions): Promise<ExitCode> {
  return submitAs(context, options, { method: 'withdraw', args: { proposal } });
}

export interface ProposeProtocolOptions extends ProposalOptions {
  readonly afterBlocks?: string;
  readonly cancel?: boolean;
}

function wholeNumber(text: string, what: string): number {
  if (!/^[1-9][0-9]{0,5}$/.test(text)) throw usage(`${what} is '${text}', expected a whole number from 1 on`);
  return Number(text);
}

/** Proposes the next rules that blocks are executed by, or that a decision about them is taken back before its height. */
export function proposeProtocolCommand(context: CommandContext, version: string, options: ProposeProtocolOptions): Promise<ExitCode> {
  const number = wholeNumber(version, 'the version');
  if (options.cancel === true && options.afterBlocks !== undefined) throw usage('--cancel takes no --after-blocks');
  const afterBlocks = options.afterBlocks === undefined ? NOTICE_BLOCKS : wholeNumber(options.afterBlocks, '--after-blocks');
  const change: JsonObject =
    options.cancel === true ? { kind: 'cancelProtocol', version: number } : { kind: 'activateProtocol', version: number, afterBlocks };
  return submitAs(context, options, { method: 'propose', args: { change } });
}
