import { accept, type Result, refuse } from '@civitas/canon';
import { type AgencyRole, isSteppedUp, type Principal, rolesIn } from '@civitas/identity';

/** What a person asks of their gateway. */
export type PersonVerb = 'view' | 'operate' | 'govern';

/** Which of an agency's roles may do it; console.md, "Identity". */
const ROLES: Readonly<Record<PersonVerb, readonly AgencyRole[]>> = {
  view: ['owner', 'operator', 'auditor', 'developer'],
  operate: ['owner', 'operator'],
  govern: ['owner'],
};
/** The contract by which members decide over the network itself. */
const GOVERNANCE = 'network.members';

export function verbOf(contract: string): 'operate' | 'govern' {
  return contract.split('@')[0] === GOVERNANCE ? 'govern' : 'operate';
}

/**
 * Whether a person may do this for an organisation. What the organisation itself may do is the ledger's to say.
 *
 * @returns PERSON_NOT_ALLOWED with the roles that may, or STEP_UP_NEEDED for governance without a fresh second factor.
 */
export function checkPerson(principal: Principal, organisation: string, verb: PersonVerb, nowUnixMs: number): Result<true> {
  const held = rolesIn(principal, organisation);
  if (!ROLES[verb].some((role) => held.includes(role)))
    return refuse('PERSON_NOT_ALLOWED', { organisation, verb, got: [...held], expected: [...ROLES[verb]] });
  if (verb === 'govern' && !isSteppedUp(principal, Math.floor(nowUnixMs / 1000))) return refuse('STEP_UP_NEEDED', { organisation, verb });
  return accept(true);
}
