import { type ChangeObject, conditionOf, type OperationObject } from './objects.ts';

/** Ends of a ValidatorChange; it goes on from none of them. */
const ENDS: readonly string[] = ['Completed', 'Rejected', 'Failed', 'Expired'];

/** Whether an operation or a change has not come to its end, good or bad. */
export function isUnderWay(object: OperationObject | ChangeObject): boolean {
  if ('changes' in object.spec) return !ENDS.includes(object.status?.phase ?? '');
  return (object as OperationObject).status?.finishedAt === undefined;
}

/** Whether it came to the end that was asked for. */
export function isComplete(object: OperationObject | ChangeObject): boolean {
  return conditionOf(object, 'Complete')?.status === 'True';
}

/** What it says of itself: phase, steps, and what it waits for. */
export function progressText({ kind, metadata, status }: OperationObject | ChangeObject): string {
  const { phase, progress, conditions } = status ?? {};
  if (phase === undefined) return '';
  const message =
    (status !== undefined && 'message' in status ? status.message : undefined) ??
    conditions?.find(({ type }) => type === 'Complete')?.message;
  const done = progress === undefined ? '' : ` ${progress}`;
  return `${kind} ${metadata.name}: ${phase}${done}${message === undefined || message === '' ? '' : `: ${message}`}`;
}
