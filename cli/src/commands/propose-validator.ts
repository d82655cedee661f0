import { base64urlDecode, base64urlEncode, type JsonObject } from '@civitas/canon';
import { type QuorumStep, quorumStep } from '@civitas/deployment';
import type { ValidatorStanding } from '@civitas/proto/civitas/node/v1/ledger';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { Refused } from '../fault.ts';
import type { CommandContext } from './context.ts';
import { powersInSet, quorumText } from './network-validators.ts';
import { usage } from './usage.ts';

export interface ProposeValidatorOptions {
  readonly network: string;
  readonly role: string;
  readonly node?: string;
  readonly publicKey?: string;
  readonly organisation?: string;
  readonly allowFewer?: boolean;
}

/** A change of the set, and what it does to the quorum. */
export interface ValidatorProposal {
  readonly change: JsonObject;
  readonly step: QuorumStep;
}

/** Power of a validator that joins (trust.md, "Power"). */
const POWER = 10;

function keyOf(text: string): string {
  if (base64urlDecode(text)?.length !== 32) throw usage('--public-key must be base64url of 32 bytes');
  return text;
}

/** @throws usage faults where an option is missing. */
export function addValidatorProposal(validators: readonly ValidatorStanding[], options: ProposeValidatorOptions): ValidatorProposal {
  const { node, organisation, publicKey } = options;
  if (node === undefined || organisation === undefined || publicKey === undefined) {
    throw usage('adding a validator needs --node, --organisation and --public-key (what the node reports: kubectl get lnode)');
  }
  const change = { kind: 'addValidator', publicKey: keyOf(publicKey), node, organisation };
  return { change, step: quorumStep(powersInSet(validators), { joins: POWER }) };
}

/** @throws usage faults where no one validator is named. */
export function removeValidatorProposal(validators: readonly ValidatorStanding[], options: ProposeValidatorOptions): ValidatorProposal {
  const { node, publicKey, allowFewer } = options;
  if ((node === undefined) === (publicKey === undefined)) throw usage('removing a validator needs either --node or --public-key');
  const inSet = validators.filter(({ standing }) => standing === 'active' || standing === 'joining');
  const named = inSet.find((one) => one.node === node || base64urlEncode(one.publicKey) === publicKey);
  if (named === undefined) throw usage(`no validator of the set is ${node ?? publicKey}; see: civitas network validators`);
  const key = base64urlEncode(named.publicKey);
  const change = { kind: 'removeValidator', publicKey: key, ...(allowFewer === true ? { allowFewer } : {}) };
  return { change, step: quorumStep(powersInSet(validators), { leaves: named.power }) };
}

/** Signs a proposal to add or remove a validator; founders decide it like every other. */
export async function proposeValidatorCommand(
  context: CommandContext,
  verb: 'add' | 'remove',
  options: ProposeValidatorOptions,
): Promise<ExitCode> {
  if (context.as === undefined) throw usage('propose-validator needs --as AGENCY: whose proposal is it?');
  const { network, role } = options;
  const { terminal } = context;
  const ledger = (await context.parties()).ledger(context.as, network);
  const { validators } = await ledger.validators();
  const make = verb === 'add' ? addValidatorProposal : removeValidatorProposal;
  const { change, step } = make(validators, options);
  terminal.line(`before: ${quorumText(step.before)}`);
  terminal.line(`after:  ${quorumText(step.after)}`);
  const quorum = { before: { ...step.before }, after: { ...step.after } };
  const submitted = await ledger.submit({ contract: 'network.members@v1', method: 'propose', role, args: { change } });
  if (!submitted.ok) {
    terminal.note(`civitas: ${new Refused(`${network}: propose ${verb} validator`, submitted.refusal).message}`);
    terminal.result({ ok: false, hash: submitted.hash, height: submitted.height, refusal: submitted.refusal, quorum });
    return EXIT.refused;
  }
  const { hash, height, result } = submitted;
  const proposal = (result as JsonObject)['proposal'];
  terminal.line(`proposal ${String(proposal)} at ${network} height ${height}; it holds from two blocks after the last approval on`);
  terminal.line('founders with automatic approval decide by themselves; others approve with');
  terminal.line(`  civitas network approve ${String(proposal)} -n ${network} --as <founder>`);
  terminal.result({ ok: true, hash, height, proposal, quorum });
  return EXIT.ok;
}
