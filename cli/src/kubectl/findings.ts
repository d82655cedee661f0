import type { Condition } from '@civitas/kube';
import { UNANSWERED_MS } from './limits.ts';
import type { CityObject } from './objects.ts';
import { CONDITIONS, reasonText } from './reasons/index.ts';

/** One thing that is not green. */
export interface Finding {
  /** Such as `lnet`. */
  readonly kind: string;
  readonly namespace: string | undefined;
  readonly name: string;
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  /** RFC 3339; when it became so. */
  readonly since: string | undefined;
  /** What a person does about it. */
  readonly then: string;
}

/** Kinds that are read and never answered. */
const RECORDS: ReadonlySet<string> = new Set(['ConsensusKeyReservation', 'ReleaseCatalog']);

const UNKNOWN_REASON = 'This plugin does not know the reason: the message says what the operator knows.';

/** Conditions of an object in another status than the one in which nothing is to be said. */
export function findingsOf(kind: string, object: CityObject, nowUnixMs: number): readonly Finding[] {
  const { namespace, name } = object.metadata;
  const about = { kind, namespace, name };
  const conditions = spokenFor(object.status?.conditions ?? [])
    .filter((condition) => !isGreen(condition))
    .map(({ type, status, reason, message, lastTransitionTime }): Finding => {
      const known = reasonText(reason);
      return {
        ...{ ...about, type, status, reason },
        message: message === '' ? (known?.means ?? '') : message,
        since: lastTransitionTime,
        then: known?.then ?? UNKNOWN_REASON,
      };
    });
  return [...removalOf(about, object), ...conditions, ...unansweredOf(about, object, nowUnixMs)];
}

/** What is not complete says in Progressing what it waits for, also while nothing progresses: one line of the two. */
function spokenFor(conditions: readonly Condition[]): readonly Condition[] {
  const progressing = conditions.find(({ type }) => type === 'Progressing');
  const open = conditions.find(({ type, status, reason }) => type === 'Complete' && status === 'False' && reason === 'NotYet');
  if (progressing === undefined || open === undefined) return conditions;
  const { reason, message, lastTransitionTime } = progressing;
  return conditions.flatMap((one) =>
    one === open ? [{ ...open, reason, message, lastTransitionTime }] : one === progressing ? [] : [one],
  );
}

/** A type nobody has described counts as green when it is True, as most do. */
function isGreen({ type, status }: Condition): boolean {
  return status === (CONDITIONS[type]?.green ?? 'True');
}

type About = Pick<Finding, 'kind' | 'namespace' | 'name'>;

function removalOf(about: About, { metadata }: CityObject): readonly Finding[] {
  if (metadata.deletionTimestamp === undefined) return [];
  const held = (metadata.finalizers ?? []).join(', ');
  return [
    {
      ...{ ...about, type: 'Deleted', status: 'True', reason: 'HeldByFinalizers', since: metadata.deletionTimestamp },
      message: `it was deleted and is held by ${held === '' ? 'nothing but its pods' : held}`,
      then: 'Nothing while the other lines about it say what it waits for; a finalizer taken off by hand leaves data and packets behind.',
    },
  ];
}

/** What the operator has not looked at. */
function unansweredOf(about: About, { kind, metadata, status }: CityObject, nowUnixMs: number): readonly Finding[] {
  const age = nowUnixMs - Date.parse(metadata.creationTimestamp);
  const seen = status?.observedGeneration ?? 0;
  if (RECORDS.has(kind) || seen >= (metadata.generation ?? 0) || age < UNANSWERED_MS) return [];
  return [
    {
      ...{ ...about, type: 'Answered', status: 'False', reason: 'SpecNotSeen', since: undefined },
      message: seen === 0 ? 'it has no status yet' : `its status speaks of generation ${seen}, its spec is at ${metadata.generation}`,
      then: 'The operator has not looked at the newest spec: is it running? kubectl civitas status.',
    },
  ];
}
