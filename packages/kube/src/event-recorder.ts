/** Events about objects: repeats counted in one Event, floods cut off per object. */

import { isApiError } from './api-error.ts';
import { type Clock, rfc3339Of, systemClock } from './clock.ts';
import { events } from './core-resources.ts';
import type { KubeClient } from './kube-client.ts';
import { eventMessageCharactersMax, eventSeriesMax, eventsBurstMax, eventsRefillMs, similarEventsMax, similarEventsMs } from './limits.ts';
import { type Log, silentLog } from './log.ts';
import { type MetricsSink, noMetrics } from './metrics.ts';
import type { KubeObject } from './resource.ts';

export interface EventFacts {
  readonly type: 'Normal' | 'Warning';
  /** CamelCase, for machines. */
  readonly reason: string;
  /** For people; cut at 1,024 characters. */
  readonly message: string;
}

export interface EventRecorderOptions {
  readonly client: Pick<KubeClient, 'create' | 'mergePatch'>;
  /** Who reports: `civitas-operator`. */
  readonly component: string;
  /** Which replica reports. */
  readonly instance?: string;
  readonly clock?: Clock;
  readonly metrics?: MetricsSink;
  readonly log?: Log;
}

export interface EventRecorder {
  /** Returns at once; a failed write is logged, never thrown. */
  record(about: KubeObject, event: EventFacts): void;
  /** Resolves when everything recorded so far is written or given up. */
  flush(): Promise<void>;
}

interface Series {
  readonly name: string;
  readonly namespace: string;
  readonly firstTimestamp: string;
  count: number;
}

/** Begins the message of an Event that stands for many; client-go's words. */
const COMBINED = '(combined from similar events): ';

/** A recorder with no memory yet: after a restart a repeat starts a new Event. */
export function createEventRecorder(options: EventRecorderOptions): EventRecorder {
  const { client, component, instance = component, clock = systemClock, metrics = noMetrics, log = silentLog } = options;
  const seriesByFacts = new Map<string, Series>();
  const isCombined = createCombiner(clock);
  const buckets = new Map<string, { tokens: number; refilledUnixMs: number }>();
  let written: Promise<void> = Promise.resolve();
  let sequence = 0;

  /** A token bucket per object. */
  const mayWrite = (uid: string): boolean => {
    const now = clock.nowUnixMs();
    const bucket = buckets.get(uid) ?? { tokens: eventsBurstMax, refilledUnixMs: now };
    const refills = Math.floor((now - bucket.refilledUnixMs) / eventsRefillMs);
    bucket.tokens = Math.min(eventsBurstMax, bucket.tokens + refills);
    bucket.refilledUnixMs += refills * eventsRefillMs;
    remember(buckets, uid, bucket);
    if (bucket.tokens === 0) return false;
    bucket.tokens--;
    return true;
  };

  const write = async (about: KubeObject, told: EventFacts): Promise<void> => {
    const now = rfc3339Of(clock.nowUnixMs());
    const kindOfEvent = [about.metadata.uid, told.type, told.reason].join('\0');
    const combined = isCombined(kindOfEvent, told.message);
    const event = combined ? { ...told, message: `${COMBINED}${told.message}`.slice(0, eventMessageCharactersMax) } : told;
    const id = combined ? `${kindOfEvent}\0${COMBINED}` : `${kindOfEvent}\0${told.message}`;
    const known = seriesByFacts.get(id);
    if (known !== undefined) {
      known.count++;
      try {
        const message = combined ? { message: event.message } : {};
        await client.mergePatch(events, known, { count: known.count, lastTimestamp: now, ...message });
        return;
      } catch (error) {
        // The server forgets Events after an hour: then a new series begins.
        if (!isApiError(error, 'NotFound')) throw error;
      }
    }
    const namespace = about.metadata.namespace ?? 'default';
    const name = `${about.metadata.name}.${clock.nowUnixMs().toString(16)}${(sequence++ & 0xfff).toString(16).padStart(3, '0')}`;
    const series = { count: 1, firstTimestamp: now, lastTimestamp: now };
    await client.create(events, {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { namespace, name },
      ...bodyOf(about, event, { component, instance }),
      ...series,
    });
    remember(seriesByFacts, id, { name, namespace, firstTimestamp: now, count: 1 });
  };

  return {
    record(about, facts) {
      const event = { ...facts, message: facts.message.slice(0, eventMessageCharactersMax) };
      if (!mayWrite(about.metadata.uid)) {
        metrics.count('events_dropped_total', { component }, 1);
        return;
      }
      written = written
        .then(() => write(about, event))
        .catch((error: unknown) => {
          metrics.count('events_failed_total', { component }, 1);
          log.warn({ reason: event.reason, error: error instanceof Error ? error.message : String(error) }, 'an Event was not written');
        });
    },
    flush: () => written,
  };
}

function bodyOf(about: KubeObject, event: EventFacts, source: { component: string; instance: string }): object {
  const { name, namespace, uid, resourceVersion } = about.metadata;
  const involvedObject = { apiVersion: about.apiVersion, kind: about.kind, name, namespace, uid, resourceVersion };
  return {
    involvedObject,
    ...event,
    source: { component: source.component },
    reportingComponent: source.component,
    reportingInstance: source.instance,
  };
}

/** Whether so many different messages of this reason came lately that further ones are one series. */
function createCombiner(clock: Clock): (kindOfEvent: string, message: string) => boolean {
  const similar = new Map<string, { readonly messages: Set<string>; readonly sinceMs: number }>();
  return (kindOfEvent, message) => {
    const now = clock.monotonicMs();
    const known = similar.get(kindOfEvent);
    const group = known === undefined || now - known.sinceMs >= similarEventsMs ? { messages: new Set<string>(), sinceMs: now } : known;
    const isFull = group.messages.size >= similarEventsMax && !group.messages.has(message);
    if (!isFull) group.messages.add(message);
    remember(similar, kindOfEvent, group);
    return isFull;
  };
}

/** Sets, newest last, and drops the oldest above the bound. */
function remember<Value>(map: Map<string, Value>, key: string, value: Value): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= eventSeriesMax) return;
  const oldest = map.keys().next();
  if (!oldest.done) map.delete(oldest.value);
}
