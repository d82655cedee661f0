import { type RoundVotes, VOTER_CHARACTERS } from './engine-rpc.ts';
import { ROUND_DELTA_MS } from './limits.ts';

/** What an engine has to do by itself from where it stands. */
export interface OwnMove {
  /** Said when it does not. */
  readonly undone: string;
  /** What its own timers take before, ms. */
  readonly afterMs: number;
}

const POWERS = / (\d+)\/(\d+) = /;

const NEW_ROUND = 2;
const PROPOSE = 3;
const PREVOTE = 4;
const PREVOTE_WAIT = 5;
const PRECOMMIT = 6;
const COMMIT = 8;

/** Whether a bit array as CometBFT prints it, such as `BA{4:xxx_} 30/40 = 0.75`, has more than two thirds of all power, whatever for. */
function isEnough(bitArray: string): boolean {
  const [, voted, total] = POWERS.exec(bitArray) ?? [];
  return voted !== undefined && 3n * BigInt(voted) > 2n * BigInt(total ?? 0);
}

/**
 * What an engine does next without anybody else (CometBFT `consensus/state.go`): a new height, a new round, a proposal that does not come and
 * prevotes that differ are left by a timer; a vote is cast as its step begins; votes enough end it; a decided block that it holds is finished.
 *
 * @param voter Address that it votes under, lower-case hexadecimal; '' where no vote of its own is to be expected.
 * @returns undefined while it waits for others, as a healthy engine does in a network without a quorum.
 */
export function findOwnMove(votes: RoundVotes, voter: string, emptyBlockIntervalMs: number): OwnMove | undefined {
  const { step, round } = votes;
  const ofRound = votes.rounds[round];
  const afterMs = round * ROUND_DELTA_MS;
  if (step >= 1 && step <= NEW_ROUND) return { undone: 'it begins no round', afterMs: emptyBlockIntervalMs };
  if (step === PROPOSE || step === PREVOTE_WAIT) return { undone: 'its time is up and it does not go on', afterMs };
  if (step === COMMIT) return votes.hasBlock ? { undone: 'it does not finish the block that was decided', afterMs: 0 } : undefined;
  if (ofRound === undefined || (step !== PREVOTE && step !== PRECOMMIT)) return undefined;
  if (isEnough(step === PREVOTE ? ofRound.prevotes : ofRound.precommits))
    return { undone: 'it has votes enough and does not go on', afterMs };
  if (voter === '') return undefined;
  const voters = step === PREVOTE ? ofRound.prevoters : ofRound.precommitters;
  return voters.includes(voter.slice(0, VOTER_CHARACTERS)) ? undefined : { undone: 'its own vote is missing', afterMs: 0 };
}
