import { base64urlEncode, hexEncode } from '@civitas/canon';
import { type Quorum, quorumOf } from '@civitas/deployment';
import type { GetValidatorsResponse, ValidatorStanding } from '@civitas/proto/civitas/node/v1/ledger';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { LedgerClient } from '../sdk/ledger-client.ts';
import type { CommandContext } from './context.ts';

/** The ledger of a network, by the named profile or by any that has access. */
export async function ledgerFor(context: CommandContext, network: string): Promise<LedgerClient> {
  const parties = await context.parties();
  return context.as === undefined ? parties.anyLedger(network) : parties.ledger(context.as, network);
}

/** One line on what a set needs and survives. */
export function quorumText({ validatorCount, totalPower, neededPower, failuresMax }: Quorum): string {
  const survives = failuresMax === 0 ? 'none may fail' : `${failuresMax} may fail`;
  return `${validatorCount} ${validatorCount === 1 ? 'validator' : 'validators'}, power ${totalPower}, a block needs ${neededPower}; ${survives}`;
}

/** Powers of those that are in the set, changes in flight included. */
export function powersInSet(validators: readonly ValidatorStanding[]): number[] {
  return validators.filter(({ standing }) => standing === 'active' || standing === 'joining').map(({ power }) => power);
}

function heightsOf({ sinceHeight, untilHeight }: ValidatorStanding): string {
  return `${sinceHeight} …${untilHeight === 0n ? '' : ` ${Number(untilHeight) - 1}`}`;
}

function validatorRow(validator: ValidatorStanding): string[] {
  const { node, organisation, standing, power, misbehaviourCount } = validator;
  const offences = misbehaviourCount === 0 ? '' : String(misbehaviourCount);
  return [node, organisation, standing, String(power), heightsOf(validator), offences, hexEncode(validator.address)];
}

function offenceRow(offence: GetValidatorsResponse['offences'][number]): string[] {
  const { kind, node, organisation, height, timeUnixMs, recordedAtHeight, address } = offence;
  const time = new Date(Number(timeUnixMs)).toISOString();
  return [String(height), time, kind, node || 'unknown', organisation, String(recordedAtHeight), hexEncode(address)];
}

/** Who signs a network's blocks, what that needs and survives, and who misbehaved. */
export async function validatorsCommand(context: CommandContext, network: string): Promise<ExitCode> {
  const { terminal } = context;
  const ledger = await ledgerFor(context, network);
  const set = await ledger.validators();
  const signing = set.validators.filter(({ standing }) => standing === 'active' || standing === 'leaving');
  const quorum = quorumOf(signing.map(({ power }) => power));
  terminal.line(`${ledger.chainId} at height ${set.height}: ${quorumText(quorum)}`);
  terminal.line();
  const headers = ['node', 'organisation', 'standing', 'power', 'signs blocks', 'offences', 'address'];
  terminal.table(headers, set.validators.map(validatorRow));
  if (set.offences.length > 0) {
    terminal.line();
    terminal.table(['height', 'time', 'misbehaviour', 'node', 'organisation', 'recorded at', 'address'], set.offences.map(offenceRow));
  }
  terminal.result({
    chainId: ledger.chainId,
    height: Number(set.height),
    quorum: { ...quorum },
    validators: set.validators.map((validator) => ({
      address: hexEncode(validator.address),
      publicKey: base64urlEncode(validator.publicKey),
      node: validator.node,
      organisation: validator.organisation,
      standing: validator.standing,
      power: validator.power,
      sinceHeight: Number(validator.sinceHeight),
      untilHeight: Number(validator.untilHeight),
      misbehaviourCount: validator.misbehaviourCount,
    })),
    offences: set.offences.map((offence) => ({
      kind: offence.kind,
      address: hexEncode(offence.address),
      node: offence.node,
      organisation: offence.organisation,
      height: Number(offence.height),
      timeUnixMs: Number(offence.timeUnixMs),
      recordedAtHeight: Number(offence.recordedAtHeight),
    })),
    offenceCount: set.offenceCount,
  });
  return EXIT.ok;
}
