import type { ObservedNode } from './observed-network.ts';
import { quorum } from './quorum.ts';

/**
 * What one validator does for its chain now. `serving`: it votes at the head. `down`: it does not vote, by its own word or its
 * kubelet's. `unclear`: it may be voting; silence, a lag or a halt are no proof that it does not.
 */
export type VoterState = 'serving' | 'down' | 'unclear';

export interface Voter {
  readonly name: string;
  readonly ordinal: number;
  readonly state: VoterState;
  /** Being ended or not there. */
  readonly isMoving: boolean;
}

export function voterState(node: ObservedNode | undefined): VoterState {
  const { pod, answer } = node ?? {};
  if (pod === undefined || pod.deleting || pod.finished) return 'down';
  if (answer === undefined) return pod.ready ? 'unclear' : 'down';
  if (!answer.signing || answer.phase !== 'Serving') return 'down';
  return pod.ready && answer.caughtUp && !answer.halted ? 'serving' : 'unclear';
}

export interface GateRules {
  /** Validators that the operator's own work may keep from voting at once. */
  readonly maxUnavailable: number;
  /** A person has accepted that the chain stops for a restart. */
  readonly allowDowntime: boolean;
}

/** Why a pod may not be stopped now. */
export interface GateShut {
  readonly reason: 'QuorumWouldBreak' | 'AnotherIsMoving';
  readonly message: string;
}

/**
 * Whether a validator may be stopped: one at a time, and only if those that vote besides it are a quorum. One that does not vote may be
 * made anew at any time.
 *
 * @returns undefined when it may.
 */
export function gateShut(name: string, voters: readonly Voter[], rules: GateRules): GateShut | undefined {
  const target = voters.find((voter) => voter.name === name);
  const others = voters.filter((voter) => voter.name !== name);
  const moving = others.find(({ isMoving }) => isMoving);
  if (moving !== undefined) return { reason: 'AnotherIsMoving', message: `${name} waits: ${moving.name} is being replaced` };
  if (target === undefined || target.state === 'down') return undefined;
  const away = others.filter(({ state }) => state !== 'serving');
  if (rules.allowDowntime && away.length === 0) return undefined;
  const remaining = others.length - away.length;
  const needed = quorum(voters.length);
  if (remaining < needed) {
    const message = `${name} waits: without it ${remaining} of ${voters.length} validators would vote at the head, ${needed} are needed`;
    return { reason: 'QuorumWouldBreak', message };
  }
  if (away.length + 1 > rules.maxUnavailable) {
    const names = away.map((voter) => voter.name).join(', ');
    return { reason: 'AnotherIsMoving', message: `${name} waits: ${names} must vote at the head first` };
  }
  return undefined;
}
