import { clusterEvents } from './cluster-events.ts';
import { consoleEvents } from './console-events.ts';
import type { EventDefinition } from './event.ts';
import { nodeEvents } from './node-events.ts';
import { operatorEvents } from './operator-events.ts';
import { processEvents } from './process-events.ts';
import { relayEvents } from './relay-events.ts';
import { snapshotEvents } from './snapshot-events.ts';

/** The one vocabulary of the logs, by who writes it. */
export const eventCatalogues = {
  processEvents,
  nodeEvents,
  snapshotEvents,
  relayEvents,
  operatorEvents,
  consoleEvents,
  clusterEvents,
} as const;

const all = { ...processEvents, ...nodeEvents, ...snapshotEvents, ...relayEvents, ...operatorEvents, ...consoleEvents, ...clusterEvents };

/** Name of an event of the vocabulary: nothing else can be logged. */
export type EventName = keyof typeof all;

/** Every event by its name. */
export const allEvents: Readonly<Record<EventName, EventDefinition>> = all;

const bySentence = new Map(
  Object.entries(allEvents).flatMap(([name, { says }]) => (says === undefined ? [] : [[says, name as EventName] as const])),
);

/** The event that the Kubernetes runtime reports by this sentence; `runtime-report` for what it says of an object. */
export function eventOfSentence(sentence: string): EventName {
  return bySentence.get(sentence) ?? 'runtime-report';
}
