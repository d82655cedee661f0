import { encodeCanonical, type Json, type JsonObject } from '@civitas/canon';
import type { SubmittedStep } from '@civitas/console-contract';
import type { Principal } from '@civitas/identity';
import { audited } from '../audit/audited.ts';
import type { ConsoleContext } from '../context.ts';
import { ProblemError } from '../http/problem-error.ts';
import type { LedgerNetwork } from '../kube/kinds.ts';
import { callLedger } from '../ledger/call-ledger.ts';
import { submitWish } from '../ledger/person-calls.ts';
import { wishKey } from '../ledger/wish-key.ts';
import { checkForm, fillOperation } from './case-form.ts';
import type { CaseOperation, CaseStep, Known, Records, Values } from './case-rule.ts';
import type { CaseOf } from './read-case.ts';
import { networkOfDomain, openDesk } from './step-desk.ts';

/** Roles of an agency on a network. */
export const rolesOf = ({ view }: Pick<ConsoleContext, 'view'>, { metadata }: LedgerNetwork, agency: string): readonly string[] =>
  view.partsOf(metadata).find((part) => part.agency === agency)?.roles ?? [];

/** One step that somebody wants done. */
export interface Wish {
  readonly of: CaseOf;
  readonly step: CaseStep;
  readonly records: Records;
  readonly values: Values;
  readonly key: Buffer;
  readonly principal: Principal;
  readonly action: 'submitCase' | 'takeCaseStep';
  readonly dryRun: boolean;
}

/** The ledger of an operation, on which the agency has the role that it takes. @throws ProblemError FORBIDDEN. */
function networkOf(
  context: ConsoleContext,
  { network, agency }: CaseOf,
  { domain = network.spec.domain, role }: CaseOperation,
): LedgerNetwork {
  const found = networkOfDomain(context, network, agency, domain);
  if (found !== undefined && rolesOf(context, found, agency).includes(role)) return found;
  throw new ProblemError('FORBIDDEN', `${agency} is no ${role} on a ledger of ${domain}`, { reason: 'role-missing' });
}

interface Done {
  readonly operationHash: string;
  readonly height: number;
}

async function submit(context: ConsoleContext, wish: Wish, operation: CaseOperation, known: Known, key: Buffer): Promise<Done> {
  const { call } = wish.of;
  const ledger = context.ledgers.open(networkOf(context, wish.of, operation));
  const { args, privateValues } = fillOperation(operation, known, wish.values);
  const { contract, method, role } = operation;
  const asked = { call, contract, method, role, args: encodeCanonical(args), idempotencyKey: key, privateValues };
  const { body } = await callLedger(ledger.person.prepare.bind(ledger.person), asked);
  // Times and proofs are made anew by every try; what was typed in and what is named stays as it was.
  const stays = (name: string, value: Json): boolean => typeof value === 'string' || Object.hasOwn(wish.values, name);
  const { receipt, operationHash } = await submitWish(ledger, call, {
    body,
    isSame: (first, now) =>
      first.contract === now.contract &&
      first.method === now.method &&
      Object.entries(now.args).every(([name, value]) => !stays(name, value) || first.args[name] === value),
  });
  return { operationHash, height: receipt.height };
}

/** What comes before a step's own operation, in order. @returns what was found out on the way. */
async function prepareStep(context: ConsoleContext, wish: Wish, known: Known): Promise<JsonObject> {
  const { of, step, values, key } = wish;
  const desk = openDesk(context, { ...of, key: key.toString('base64url') });
  let found = known.found;
  for (const move of step.before ?? []) {
    const now = { ...known, found };
    if ('lookup' in move) found = { ...found, ...(await move.lookup.find(desk, now, values)) };
    else if (move.operation.isDone?.(now) !== true) {
      const { contract, method } = move.operation;
      await submit(context, wish, move.operation, now, wishKey('case', [key.toString('base64url'), contract, method]));
    }
  }
  return found;
}

/**
 * Takes a step: what comes before it, then its own operation. What was done before a failure is found done when it is taken again.
 *
 * @throws ProblemError FORBIDDEN for an agency without the role on a ledger that the step needs, INVALID by the form, LEDGER_REFUSED, and as
 * submitWish where it was tried before.
 */
export async function takeStep(context: ConsoleContext, wish: Wish): Promise<SubmittedStep> {
  const { of, step, records, values, key, principal, action, dryRun } = wish;
  const { network, id, agency, rule } = of;
  const head = { network: network.metadata.name, id };
  for (const move of [...(step.before ?? []), { operation: step }]) if ('operation' in move) networkOf(context, of, move.operation);
  const known: Known = { id, eventId: key.toString('base64url'), nowUnixMs: Date.now(), records, found: {} };
  checkForm(step, known, values);
  if (dryRun) return { ...head, dryRun: true, operationHash: '', height: 0 };
  const resource = `Case/${head.network}/${id}`;
  const deed = { principal, action, agency, resource, facts: { kind: rule.kind, step: step.name } };
  const done = await audited(context, deed, async () => {
    const found = await prepareStep(context, wish, known);
    return submit(context, wish, step, { ...known, found }, key);
  });
  return { ...head, dryRun: false, ...done };
}
