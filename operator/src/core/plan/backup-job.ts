import type { BackupReport } from '@civitas/deployment';
import type { BackupJobStatus } from '../resources/backup-job.ts';
import { BACKUP_ATTEMPTS_MAX } from '../resources/limits.ts';
import { BACKUP_RETRY_FACTOR, BACKUP_RETRY_FIRST_MS } from './limits.ts';
import { rfc3339, unixMsOf } from './time-text.ts';

/** One of a job's pods. */
export interface ObservedJobPod {
  readonly name: string;
  readonly uid: string;
  readonly state: 'running' | 'succeeded' | 'failed';
  readonly deleting: boolean;
  /** Its last words; undefined while it runs, and where it left none. */
  readonly report: BackupReport | undefined;
  /** Why it does not run yet, in the kubelet's words. */
  readonly waitsFor: string;
}

export interface JobInput {
  /** `<kind>-<name>`: its pods are `<this>-<attempt>`. */
  readonly base: string;
  readonly status: BackupJobStatus | undefined;
  readonly pods: readonly ObservedJobPod[];
  readonly nowUnixMs: number;
}

export type JobOutcome =
  | { readonly type: 'running'; readonly message: string }
  | { readonly type: 'waiting'; readonly untilUnixMs: number }
  | { readonly type: 'done'; readonly report: Extract<BackupReport, { ok: true }>; readonly pod: string }
  | { readonly type: 'failed' };

export interface JobPlan {
  /** To be written before anything is done. */
  readonly status: BackupJobStatus;
  /** Pod to be made, when its status is written. */
  readonly create: string | undefined;
  /** Pods that nobody needs any more. */
  readonly remove: readonly ObservedJobPod[];
  readonly outcome: JobOutcome;
}

const NO_WORDS = { code: 'BACKUP_FAILED', message: 'the pod ended without a word: it was evicted, killed, or ran out of time or memory' };

/**
 * The next step of a job that is tried a bounded number of times, each in a pod of its own. Its status names the try before the pod is made
 * and the next one before the pod of the last is deleted, so a crash anywhere neither repeats a try nor loses its outcome.
 */
export function planJob({ base, status, pods, nowUnixMs }: JobInput): JobPlan {
  if (status === undefined) return { status: { attempt: 1 }, create: undefined, remove: [], outcome: { type: 'waiting', untilUnixMs: 0 } };
  const name = podNameOf(base, status.attempt);
  const current = pods.find((pod) => pod.name === name);
  const attemptOf = (pod: ObservedJobPod): number => Number(pod.name.slice(base.length + 1));
  const remove = pods.filter((pod) => attemptOf(pod) < status.attempt && !pod.deleting);
  const going = { status, create: undefined, remove };
  // A pod of a later try: the status seen here is older than the one written.
  if (pods.some((pod) => attemptOf(pod) > status.attempt)) return { ...going, outcome: { type: 'running', message: 'a later try runs' } };
  if (current === undefined) {
    const untilUnixMs = unixMsOf(status.notBefore) ?? 0;
    if (nowUnixMs < untilUnixMs) return { ...going, outcome: { type: 'waiting', untilUnixMs } };
    return { ...going, create: name, outcome: { type: 'running', message: `try ${status.attempt} of ${BACKUP_ATTEMPTS_MAX} begins` } };
  }
  if (current.state === 'running') {
    const message = current.waitsFor === '' ? `try ${status.attempt} of ${BACKUP_ATTEMPTS_MAX} runs` : `${name} waits: ${current.waitsFor}`;
    return { ...going, outcome: { type: 'running', message } };
  }
  const { report } = current;
  if (current.state === 'succeeded' && report?.ok === true) return { ...going, outcome: { type: 'done', report, pod: name } };
  const failure = report?.ok === false ? { code: report.code, message: report.message.slice(0, FAILURE_CHARS_MAX) } : NO_WORDS;
  if (status.attempt >= BACKUP_ATTEMPTS_MAX) return { ...going, status: { attempt: status.attempt, failure }, outcome: { type: 'failed' } };
  const untilUnixMs = nowUnixMs + BACKUP_RETRY_FIRST_MS * BACKUP_RETRY_FACTOR ** (status.attempt - 1);
  return {
    ...going,
    status: { attempt: status.attempt + 1, notBefore: rfc3339(untilUnixMs), failure },
    outcome: { type: 'waiting', untilUnixMs },
  };
}

const FAILURE_CHARS_MAX = 512;

export function podNameOf(base: string, attempt: number): string {
  return `${base}-${attempt}`;
}

/** Last words of a container, if they are a report. */
export function reportOf(text: string | undefined): BackupReport | undefined {
  if (text === undefined || text === '') return undefined;
  try {
    const report: BackupReport = JSON.parse(text);
    return typeof report === 'object' && report !== null && typeof report.ok === 'boolean' ? report : undefined;
  } catch {
    return undefined;
  }
}
