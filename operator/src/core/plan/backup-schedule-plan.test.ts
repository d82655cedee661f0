import { fc } from '@civitas/testkit/properties';
import { describe, expect, test } from '@jest/globals';
import { cronOf } from '../../host/schedule/cron.ts';
import type { LedgerBackup, LedgerBackupStatus } from '../resources/ledger-backup.ts';
import type { LedgerBackupScheduleSpec, LedgerBackupScheduleStatus } from '../resources/ledger-backup-schedule.ts';
import { type ObservedSchedule, planSchedule, schedulePhase } from './backup-schedule-plan.ts';
import { rfc3339, unixMsOf } from './time-text.ts';
import type { Verdict } from './verdict.ts';

const BORN = '2026-03-01T00:00:00Z';
const at = (text: string): number => unixMsOf(text) ?? Number.NaN;
const target = { volume: { claimName: 'backups' } };

function aBackup(name: string, status: Partial<LedgerBackupStatus> = {}): LedgerBackup {
  const metadata = { name, namespace: 'jincheng', uid: name, resourceVersion: '1', creationTimestamp: BORN };
  return { apiVersion: 'civitas.dev/v1alpha1', kind: 'LedgerBackup', metadata, spec: { networkRef: 'city', target }, status };
}

const verified = (name: string, finishedAt: string, folder = name): LedgerBackup =>
  aBackup(name, { finishedAt, folder, height: 7, verified: { time: finishedAt, node: 'p', hash: 'h', method: 'RestoredIntoStore' } });

function anObservation(
  now: string,
  change: { spec?: Partial<LedgerBackupScheduleSpec>; status?: LedgerBackupScheduleStatus } & Partial<
    Pick<ObservedSchedule, 'backups' | 'neededFolders'>
  > = {},
): ObservedSchedule {
  const spec = { networkRef: 'city', target, schedule: '0 2 * * *', ...change.spec };
  const metadata = { name: 'nightly', namespace: 'jincheng', uid: 'u', resourceVersion: '1', creationTimestamp: BORN };
  const schedule = { apiVersion: 'civitas.dev/v1alpha1', kind: 'LedgerBackupSchedule', metadata, spec, status: change.status ?? {} };
  const nextRun = cronOf(spec.schedule, spec.timeZone ?? 'UTC');
  return { schedule, nowUnixMs: at(now), nextRun, backups: change.backups ?? [], neededFolders: change.neededFolders ?? [] };
}

const reasonsOf = (verdicts: readonly Verdict[]): readonly string[] =>
  verdicts.map(({ type, status, reason }) => `${type} ${status} ${reason}`);

describe('a schedule', () => {
  test('makes a backup when it is due, once, and says when the next one is', () => {
    expect(planSchedule(anObservation('2026-03-01T01:59:59Z'))).toMatchObject({
      create: undefined,
      facts: { nextAt: '2026-03-01T02:00:00Z' },
    });
    const due = planSchedule(anObservation('2026-03-01T02:00:01Z'));
    expect(due).toMatchObject({
      create: 'nightly-29538840',
      facts: { lastScheduledAt: '2026-03-01T02:00:00Z', nextAt: '2026-03-02T02:00:00Z' },
    });
    expect(reasonsOf(due.verdicts)).toEqual(['Scheduled True Due', 'BackupHealthy Unknown NoBackupYet']);
    expect(planSchedule(anObservation('2026-03-01T02:00:02Z', { status: due.facts }))).toMatchObject({
      create: undefined,
      skipped: undefined,
    });
  });

  test('goes on from now when its last run was written by a clock that ran ahead', () => {
    const ahead = { lastScheduledAt: '2027-01-01T02:00:00Z' };
    expect(planSchedule(anObservation('2026-03-01T01:30:00Z', { status: ahead })).create).toBeUndefined();
    const due = planSchedule(anObservation('2026-03-01T02:00:01Z', { status: ahead }));
    expect(due).toMatchObject({ create: 'nightly-29538840', facts: { lastScheduledAt: '2026-03-01T02:00:00Z' } });
    expect(planSchedule(anObservation('2026-03-01T02:00:02Z', { status: due.facts })).create).toBeUndefined();
  });

  test('reads its expression in its time zone, where a day may have no two o’clock', () => {
    const spec = { timeZone: 'Asia/Shanghai' };
    expect(planSchedule(anObservation('2026-03-01T18:00:01Z', { spec })).create).toBeDefined();
    const berlin = cronOf('30 2 * * *', 'Europe/Berlin');
    if (typeof berlin === 'string') throw new Error(berlin);
    const skipped = berlin(at('2026-03-28T12:00:00Z')) ?? 0;
    expect(rfc3339(berlin(skipped) ?? 0)).toBe('2026-03-30T00:30:00Z');
  });

  test.each([
    ['61 * * * *', 'UTC'],
    ['* * *', 'UTC'],
    ['0 2 * * *', 'Mars/Olympus'],
    ['0 0 2 * * *', 'UTC'],
  ])('with %s in %s says that it is none', (schedule, timeZone) => {
    const plan = planSchedule(anObservation('2026-03-02T00:00:00Z', { spec: { schedule, timeZone } }));
    expect([plan.create, schedulePhase(plan.verdicts)]).toEqual([undefined, 'ScheduleInvalid']);
  });

  test('makes up for no missed run but the last one within its starting deadline', () => {
    const status = { lastScheduledAt: '2026-03-01T02:00:00Z' };
    expect(planSchedule(anObservation('2026-03-05T02:05:00Z', { status })).create).toBe(`nightly-${at('2026-03-05T02:00:00Z') / 60_000}`);
    const late = planSchedule(anObservation('2026-03-05T03:00:00Z', { status }));
    expect([late.create, late.skipped]).toEqual([undefined, expect.stringContaining('not made up for')]);
    expect(planSchedule(anObservation('2026-03-05T03:00:01Z', { status: late.facts })).skipped).toBeUndefined();
  });

  test('never begins a backup while its last one is not finished, and is unhealthy then', () => {
    const plan = planSchedule(
      anObservation('2026-03-02T02:00:01Z', { backups: [aBackup('nightly-1')], status: { lastScheduledAt: '2026-03-01T02:00:00Z' } }),
    );
    expect([plan.create, plan.skipped]).toEqual([undefined, expect.stringContaining('nightly-1 is not finished')]);
    expect(schedulePhase(plan.verdicts)).toBe('Failing');
    expect(reasonsOf(plan.verdicts)).toEqual(['Scheduled True PreviousRuns', 'BackupHealthy False PreviousRuns']);
  });

  test('that is suspended makes none, and still retires old ones', () => {
    const backups = [1, 2, 3].map((day) => verified(`b${day}`, `2026-03-0${day}T00:00:00Z`));
    const plan = planSchedule(anObservation('2026-03-04T02:00:01Z', { spec: { suspend: true, retention: { count: 1 } }, backups }));
    expect([plan.create, plan.prune.map(({ metadata }) => metadata.name)]).toEqual([undefined, ['b2', 'b1']]);
    expect(reasonsOf(plan.verdicts)).toEqual(['Scheduled False Suspended', 'BackupHealthy True Verified']);
  });

  test('keeps by count and age, always the newest verified one, and what a network was born from', () => {
    const backups = [1, 2, 3, 4].map((day) => verified(`b${day}`, `2026-03-0${day}T00:00:00Z`));
    const pruned = (retention: object, now: string, neededFolders: readonly string[] = []): readonly string[] =>
      planSchedule(anObservation(now, { spec: { retention }, backups, neededFolders })).prune.map(({ metadata }) => metadata.name);
    expect(pruned({ count: 2 }, '2026-03-04T01:00:00Z')).toEqual(['b2', 'b1']);
    expect(pruned({ count: 2 }, '2026-03-04T01:00:00Z', ['b1'])).toEqual(['b2']);
    expect(pruned({ maxAgeDays: 2 }, '2026-03-04T01:00:00Z')).toEqual(['b2', 'b1']);
    expect(pruned({ maxAgeDays: 1 }, '2030-01-01T00:00:00Z')).toEqual(['b3', 'b2', 'b1']);
  });

  test('leaves the last three failed ones to read', () => {
    const backups = [1, 2, 3, 4].map((day) => aBackup(`f${day}`, { finishedAt: `2026-03-0${day}T00:00:00Z` }));
    const plan = planSchedule(anObservation('2026-03-04T01:00:00Z', { backups }));
    expect(plan.prune.map(({ metadata }) => metadata.name)).toEqual(['f1']);
    expect(plan.verdicts.find(({ type }) => type === 'BackupHealthy')).toMatchObject({
      status: 'False',
      message: expect.stringContaining('f4 failed'),
    });
  });

  test('keeps the backup of the higher block when two were finished in one second', () => {
    const second = '2026-03-01T02:00:05Z';
    const [lower, higher] = [7, 9].map((height) => {
      const backup = verified(`of-${height}`, second);
      return { ...backup, status: { ...backup.status, height } };
    });
    for (const backups of [
      [lower, higher],
      [higher, lower],
    ] as LedgerBackup[][]) {
      const plan = planSchedule(anObservation('2026-03-01T03:00:00Z', { spec: { retention: { count: 1 } }, backups }));
      expect(plan.prune.map(({ metadata }) => metadata.name)).toEqual(['of-7']);
      expect(plan.facts.lastVerifiedBackup).toBe('of-9');
    }
  });

  test('never retires the only verified backup, whatever its retention', () => {
    const days = fc.array(fc.record({ day: fc.integer({ min: 1, max: 400 }), ok: fc.boolean() }), { maxLength: 12 });
    fc.assert(
      fc.property(days, fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 30 }), (made, count, maxAgeDays) => {
        const backups = made.map(({ day, ok }, index) => {
          const time = rfc3339(at(BORN) + day * 86_400_000 + index);
          return ok ? verified(`b${index}`, time) : aBackup(`b${index}`, { finishedAt: time });
        });
        const { prune } = planSchedule(anObservation('2028-01-01T00:00:00Z', { spec: { retention: { count, maxAgeDays } }, backups }));
        const left = backups.filter((backup) => backup.status?.verified !== undefined && !prune.includes(backup));
        return left.length >= Math.min(1, made.filter(({ ok }) => ok).length);
      }),
    );
  });
});
