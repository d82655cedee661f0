import { expect, test } from '@jest/globals';
import { runFaults } from './faults/fault-run.ts';
import { impossibleFaults } from './faults/faulty-network.ts';
import type { FaultKind, ScheduleOptions } from './faults/schedule.ts';
import { describeWithEngine } from './network/describe-with-engine.ts';

const DECK: ScheduleOptions['deck'] = {
  'kill-node': 2,
  'kill-engine': 2,
  'kill-pod': 2,
  'crash-in-block': 2,
  'pause-node': 3,
  'pause-engine': 3,
  'pause-pod': 2,
  cut: 4,
  slow: 3,
  corrupt: 2,
  reset: 2,
  'node-clock': 1,
  'engine-clock': 1,
  'disk-full': 1,
  'quorum-lost': 1,
};
const FAULTS_FULL = 10_000;
/** The longest that one fault may take together with its share of the judging, ms; a bound for a run that hangs. */
const FAULT_MS_MAX = 60_000;
const START_MS_MAX = 180_000;

const impossible = impossibleFaults();
for (const why of impossible.values()) process.stderr.write(`SKIPPED: a kind of fault: ${why}\n`);

const deckSize = Object.values(DECK).reduce((sum, count) => sum + count, 0);
const faultsMin = process.env['CIVITAS_FULL'] === '1' ? Number(process.env['CIVITAS_FAULTS'] ?? FAULTS_FULL) : 1;

describeWithEngine('four validators under faults', () => {
  test(
    'go on while one of them fails in any way, halt without a quorum, and keep every promise',
    async () => {
      const run = await runFaults({ title: 'four validators under faults', validators: 4, deck: DECK, faultsMin });
      expect(run.findings).toEqual([]);
      const missing = (Object.keys(DECK) as FaultKind[]).filter((kind) => !run.faults.has(kind));
      expect(missing).toEqual(process.env['CI'] === undefined ? [...impossible.keys()] : []);
      expect(run.acknowledged).toBeGreaterThan(deckSize);
      expect(run.repeated).toBeGreaterThan(0);
      expect(run.laterRounds).toBeGreaterThan(0);
      expect(run.haltedNodes).toBeGreaterThan(0);
      expect(run.catchingUpNodes).toBeGreaterThan(0);
    },
    START_MS_MAX + FAULT_MS_MAX * Math.max(faultsMin, deckSize),
  );
});
