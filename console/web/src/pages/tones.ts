import type { Condition } from '@civitas/console-contract';
import type { Tone } from '../ui/status-label.tsx';

/** How good a phase is; phases are the conditions in one word. */
const PHASES: Readonly<Record<string, Tone>> = {
  ...tones('good', ['Available', 'Flowing', 'Enrolled', 'Serving', 'Granted', 'Complete', 'Completed', 'Ready']),
  ...tones('working', [
    'Pausing',
    'Pending',
    'Starting',
    'NodeStarting',
    'GenesisWritten',
    'Enrolling',
    'Proposed',
    'CatchingUp',
    'Draining',
    'Drained',
  ]),
  ...tones('working', [
    'WaitingForKeys',
    'WaitingForApprovers',
    'WaitingForCity',
    'WaitingForRelay',
    'AwaitingGenesis',
    'AwaitingGrant',
    'AwaitingPeers',
    'NotGranted',
  ]),
  ...tones('working', ['Closing', 'RemovingBackups', 'Stopping', 'Removing']),
  ...tones('warning', ['Paused', 'Hibernated', 'ClientBehind', 'Unwell', 'Retired', 'NetworkGone', 'NetworkMissing']),
  ...tones('bad', ['Degraded', 'NoQuorum', 'NoRelay', 'PacketsLate', 'Frozen', 'Tombstoned', 'NoPod', 'NoAnswer', 'Fenced', 'Failed']),
};

function tones(tone: Tone, phases: readonly string[]): Readonly<Record<string, Tone>> {
  return Object.fromEntries(phases.map((phase) => [phase, tone]));
}

export function toneOfPhase(phase: string): Tone {
  return PHASES[phase] ?? 'neutral';
}

/** Conditions that are bad news when they hold. */
export const BAD_NEWS: ReadonlySet<string> = new Set([
  'Degraded',
  'Draining',
  'DuplicateKey',
  'Fenced',
  'FieldConflict',
  'Frozen',
  'Hibernated',
  'Leaving',
  'Paused',
  'Progressing',
  'QuotaExceeded',
  'Tombstoned',
  'UpdatePending',
]);

export function toneOfCondition({ type, status }: Pick<Condition, 'type' | 'status'>): Tone {
  if (status === 'Unknown') return 'neutral';
  if (BAD_NEWS.has(type)) return status === 'True' ? 'warning' : 'good';
  return status === 'True' ? 'good' : 'warning';
}
