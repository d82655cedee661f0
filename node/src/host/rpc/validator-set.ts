import { base64urlDecode, hexDecode } from '@civitas/canon';
import type { GetValidatorsResponse } from '@civitas/proto/civitas/node/v1/ledger';
import type { LedgerHost } from '../ledger/ledger-host.ts';
import { OFFENCE_PAGE_MAX } from './limits.ts';

const NOTHING = new Uint8Array(0);

/** The set as of the last commit, with the newest offences on record. */
export function getValidators(ledger: Pick<LedgerHost, 'status' | 'validators'>): GetValidatorsResponse {
  const { validators } = ledger;
  const { totalPower, neededPower, failuresMax } = validators.quorum();
  const offences = validators.misbehaviour();
  return {
    height: BigInt(ledger.status().height),
    validators: validators.all().map((validator) => ({
      address: hexDecode(validator.address) ?? NOTHING,
      publicKey: base64urlDecode(validator.publicKey) ?? NOTHING,
      power: validator.power,
      node: validator.node,
      organisation: validator.organisation,
      standing: validator.standing,
      sinceHeight: BigInt(validator.sinceHeight),
      untilHeight: BigInt(validator.untilHeight),
      misbehaviourCount: validator.misbehaviourCount,
    })),
    totalPower: BigInt(totalPower),
    neededPower: BigInt(neededPower),
    failuresMax,
    offences: offences.slice(-OFFENCE_PAGE_MAX).map((offence) => ({
      kind: offence.kind,
      address: hexDecode(offence.validator) ?? NOTHING,
      node: offence.node,
      organisation: offence.organisation,
      height: BigInt(offence.height),
      timeUnixMs: BigInt(offence.timeUnixMs),
      recordedAtHeight: BigInt(offence.recordedAtHeight),
    })),
    offenceCount: offences.length,
  };
}
