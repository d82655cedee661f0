import { quorumStep, refusalOfStep, TOLERANT_VALIDATORS_MIN } from '@civitas/deployment';
import type { ValidatorChangeItem, ValidatorChangeSpec, ValidatorChangeStep } from '../resources/validator-change.ts';
import { VALIDATOR_POWER } from './limits.ts';
import type { ObservedStanding } from './observed-network.ts';

/** One join or leave, before it is numbered. */
type Move = Pick<ValidatorChangeStep, 'action' | 'node'> & Partial<Pick<ValidatorChangeStep, 'organisation' | 'publicKey'>>;

/** Why the steps cannot be taken as they are. */
export interface StepsRefused {
  readonly reason: 'AlreadyValidator' | 'NoValidator' | 'FewerThanFour' | 'LastValidator' | 'PowerStep';
  readonly message: string;
}

/** The steps of a change with what each leaves, or why they are refused. */
export type StepsPlan =
  | { readonly ok: true; readonly steps: readonly ValidatorChangeStep[] }
  | { readonly ok: false; readonly refused: StepsRefused };

/** What a step does, in a word. */
export const VERBS = { Join: 'add', Leave: 'remove', Rekey: 'rekey' } as const;

function movesOf(item: ValidatorChangeItem): readonly Move[] {
  const { type, node, with: successor, publicKey, organisation } = item;
  const external = publicKey === undefined || organisation === undefined ? {} : { publicKey, organisation };
  switch (type) {
    case 'Add':
      return [{ action: 'Join', node, ...external }];
    case 'Rekey':
      return [{ action: 'Rekey', node }];
    case 'Remove':
      return [{ action: 'Leave', node }];
    case 'Replace':
      // The other way round the network would be one short on the way.
      return successor === undefined
        ? []
        : [
            { action: 'Join', node: successor },
            { action: 'Leave', node },
          ];
  }
}

export function isInSet({ standing }: ObservedStanding): boolean {
  return standing === 'active' || standing === 'joining';
}

/**
 * Writes a change out as steps and goes through them with the set as it stands. All validators weigh the same, so counts are powers.
 *
 * @param standings Everyone who is or was in the set.
 * @returns the steps, or the first of them that the ledger would refuse, in words.
 */
export function stepsOf(spec: ValidatorChangeSpec, standings: readonly ObservedStanding[]): StepsPlan {
  const voting = new Map(standings.filter(isInSet).map(({ node, publicKey }) => [node, publicKey]));
  const moves = spec.changes.flatMap(movesOf);
  const steps: ValidatorChangeStep[] = [];
  for (const move of moves) {
    const { action, node } = move;
    const key = voting.get(node);
    if (action === 'Join' && key !== undefined) return refused('AlreadyValidator', `${node} is a validator already`);
    if (action !== 'Join' && key === undefined) return refused('NoValidator', `${node} is no validator of the ledger`);
    const powers = [...voting.keys()].map(() => VALIDATOR_POWER);
    const step = quorumStep(powers, action === 'Join' ? { joins: VALIDATOR_POWER } : { leaves: VALIDATOR_POWER });
    const reason = action === 'Rekey' ? refusalOfRekey(step) : refusalOfStep(step, spec.allowFewer ?? false);
    const number = steps.length + 1;
    const { validatorCount: before } = step.before;
    // Another key leaves as many as there were.
    const { validatorCount: after, neededPower, failuresMax } = action === 'Rekey' ? step.before : step.after;
    if (reason !== undefined) return refused(...arithmeticText(reason, { number, of: moves.length, move, after }));
    if (action === 'Leave') voting.delete(node);
    else voting.set(node, move.publicKey ?? '');
    const neededAfter = Math.ceil(neededPower / VALIDATOR_POWER);
    const publicKey = move.publicKey ?? (action === 'Leave' && key !== '' ? key : undefined);
    const counts = { validatorsBefore: before, validatorsAfter: after, neededAfter, mayFailAfter: failuresMax };
    steps.push({ number, ...move, ...(publicKey === undefined ? {} : { publicKey }), state: 'Waiting', ...counts });
  }
  return { ok: true, steps };
}

/** To a light client a new key is as large a step as a removal; as a step it is allowed in a set of any size. */
function refusalOfRekey(step: Parameters<typeof refusalOfStep>[0]): 'power-step' | undefined {
  return refusalOfStep(step, true) === 'power-step' ? 'power-step' : undefined;
}

function refused(reason: StepsRefused['reason'], message: string): StepsPlan {
  return { ok: false, refused: { reason, message } };
}

function arithmeticText(
  reason: NonNullable<ReturnType<typeof refusalOfStep>>,
  { number, of, move, after }: { readonly number: number; readonly of: number; readonly move: Move; readonly after: number },
): [StepsRefused['reason'], string] {
  const step = `step ${number} of ${of} (${VERBS[move.action]} ${move.node}) would leave ${after}`;
  switch (reason) {
    case 'last-validator':
      return ['LastValidator', `${step} validators: nobody would be left to make blocks`];
    case 'fewer-than-four':
      return [
        'FewerThanFour',
        `${step} validators, and fewer than ${TOLERANT_VALIDATORS_MIN} survive no failure: add others first, or set allowFewer: true`,
      ];
    case 'power-step':
      return [
        'PowerStep',
        `${step} validators and move a third of the votes or more at once: networks linked to this one could not follow`,
      ];
  }
}
