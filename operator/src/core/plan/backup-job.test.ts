import { describe, expect, test } from '@jest/globals';
import type { BackupJobStatus } from '../resources/backup-job.ts';
import { BACKUP_ATTEMPTS_MAX } from '../resources/limits.ts';
import { type ObservedJobPod, planJob, reportOf } from './backup-job.ts';
import { jobVerdicts } from './backup-plan.ts';
import { BACKUP_RETRY_FACTOR, BACKUP_RETRY_FIRST_MS } from './limits.ts';
import { restoreVerdicts } from './restore-plan.ts';
import type { Verdict } from './verdict.ts';

const NOW = 1_800_000_000_000;
const report = { ok: true, folder: 'a-b-1/000000000001-0123456789abcdef' } as const;
const aPod = (attempt: number, change: Partial<ObservedJobPod> = {}): ObservedJobPod => {
  return { name: `backup-x-${attempt}`, uid: `${attempt}`, state: 'running', deleting: false, report: undefined, waitsFor: '', ...change };
};
const plan = (status: BackupJobStatus | undefined, pods: readonly ObservedJobPod[], nowUnixMs = NOW) =>
  planJob({ base: 'backup-x', status, pods, nowUnixMs });

describe('a job', () => {
  test('is written down before its first pod is made', () => {
    expect(plan(undefined, [])).toMatchObject({ status: { attempt: 1 }, create: undefined });
    expect(plan({ attempt: 1 }, [])).toMatchObject({ create: 'backup-x-1' });
    expect(plan({ attempt: 1 }, [aPod(1, { waitsFor: 'ErrImagePull none' })])).toMatchObject({
      create: undefined,
      outcome: { message: expect.stringContaining('ErrImagePull') },
    });
  });

  test('is said of in the conditions of its backup, and of a restore that has its network made', () => {
    const reasons = (verdicts: readonly Verdict[]): readonly string[] =>
      verdicts.map(({ type, status, reason }) => `${type} ${status} ${reason}`);
    expect(reasons(jobVerdicts({ ...plan(undefined, []), outcome: { type: 'waiting', untilUnixMs: NOW } }, undefined))).toEqual([
      'Complete False Starting',
      'Verified False Starting',
    ]);
    const done = plan({ attempt: 1 }, [aPod(1, { state: 'succeeded', report })]);
    const facts = { folder: report.folder, recordCount: 1, height: 7, byteCount: 1, appHash: 'h' };
    const network = { name: 'city', chainId: 'jincheng-city-1' };
    const spec = { source: { backupRef: { name: 'b' } }, network };
    expect(reasons(restoreVerdicts(spec, done, facts))).toEqual(['Complete False Founding', 'Verified True RestoredIntoStore']);
  });

  test('that succeeded is done, also when its operator sees it only later', () => {
    expect(plan({ attempt: 2 }, [aPod(1), aPod(2, { state: 'succeeded', report })])).toMatchObject({
      outcome: { type: 'done', pod: 'backup-x-2' },
      remove: [{ name: 'backup-x-1' }],
    });
  });

  test('names the next try before the pod of the last one goes, and waits longer each time', () => {
    const failed = { state: 'failed', report: { ok: false, code: 'TARGET_FULL', message: 'no space' } } as const;
    const first = plan({ attempt: 1 }, [aPod(1, failed)]);
    expect(first).toMatchObject({ status: { attempt: 2, failure: { code: 'TARGET_FULL' } }, create: undefined, remove: [] });
    const waiting = plan(first.status, [aPod(1, failed)]);
    expect(waiting).toMatchObject({ create: undefined, remove: [{ name: 'backup-x-1' }], outcome: { type: 'waiting' } });
    expect(plan(first.status, [], NOW + BACKUP_RETRY_FIRST_MS + 1000)).toMatchObject({ create: 'backup-x-2' });
    const second = plan({ attempt: 2 }, [aPod(2, failed)]);
    expect(second.outcome).toEqual({ type: 'waiting', untilUnixMs: NOW + BACKUP_RETRY_FIRST_MS * BACKUP_RETRY_FACTOR });
  });

  test('is given up after its last try, with what it failed of', () => {
    const last = plan({ attempt: BACKUP_ATTEMPTS_MAX }, [aPod(BACKUP_ATTEMPTS_MAX, { state: 'failed' })]);
    expect(last).toMatchObject({ outcome: { type: 'failed' }, status: { failure: { code: 'BACKUP_FAILED' } } });
  });

  test('makes no earlier pod again when a later one runs: the status seen is an old one', () => {
    expect(plan({ attempt: 1 }, [aPod(2)])).toMatchObject({ create: undefined, remove: [] });
  });

  test.each([
    ['', undefined],
    ['killed', undefined],
    ['null', undefined],
    ['{"ok":1}', undefined],
    [JSON.stringify(report), report],
  ])('takes %s for its last words only when they are a report', (text, read) => {
    expect(reportOf(text)).toEqual(read);
  });
});
