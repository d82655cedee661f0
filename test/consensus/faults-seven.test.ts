import { expect, test } from '@jest/globals';
import { runFaults } from './faults/fault-run.ts';
import { impossibleFaults } from './faults/faulty-network.ts';
import type { ScheduleOptions } from './faults/schedule.ts';
import { describeWithEngine } from './network/describe-with-engine.ts';

const DECK: ScheduleOptions['deck'] = {
  'kill-node': 1,
  'kill-engine': 1,
  'kill-pod': 1,
  'crash-in-block': 1,
  'pause-pod': 3,
  cut: 3,
  slow: 2,
  corrupt: 1,
  reset: 1,
};
const FAULTS_FULL = 2_000;
/** The longest that one fault may take together with its share of the judging, ms; a bound for a run that hangs. */
const FAULT_MS_MAX = 60_000;
const START_MS_MAX = 180_000;

for (const [kind, why] of impossibleFaults()) if (kind in DECK) process.stderr.write(`SKIPPED: ${kind}: ${why}\n`);

const deckSize = Object.values(DECK).reduce((sum, count) => sum + count, 0);
const faultsMin = process.env['CIVITAS_FULL'] === '1' ? Number(process.env['CIVITAS_FAULTS'] ?? FAULTS_FULL) : 1;

describeWithEngine('seven validators under faults', () => {
  test(
    'go on while two of them fail at one time, and keep every promise',
    async () => {
      const run = await runFaults({ title: 'seven validators under faults', validators: 7, deck: DECK, faultsMin });
      expect(run.findings).toEqual([]);
      expect(Object.keys(DECK).filter((kind) => !run.faults.has(kind))).toEqual([]);
      expect(run.acknowledged).toBeGreaterThan(deckSize);
      expect(run.repeated).toBeGreaterThan(0);
      expect(run.laterRounds).toBeGreaterThan(0);
    },
    START_MS_MAX + FAULT_MS_MAX * Math.max(faultsMin, deckSize),
  );
});
