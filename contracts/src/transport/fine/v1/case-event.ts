import type { JsonObject } from '@civitas/canon';
import { absent, no, type RefusedOutcome } from '../../../codes.ts';
import { type Context, done, type Outcome } from '../../../contract.ts';
import { DATE_AHEAD_MS_MAX } from '../../../limits.ts';
import { hashOfJson } from '../../../record.ts';
import { Id, UnixMs } from '../../../schema.ts';
import { EVENTS_MAX } from './limits.ts';
import { type Fine, type FineEvent, fines } from './records.ts';

/** Arguments of every step of a case. */
export const CaseStep = { fine: Id, eventId: Id, onUnixMs: UnixMs };
export type CaseStepArgs = { readonly fine: string; readonly eventId: string; readonly onUnixMs: number };

type Opened = { readonly ok: true; readonly fine: Fine; readonly event: FineEvent } | { readonly ok: false; readonly outcome: Outcome };

function eventOf(ctx: Context, name: string, args: CaseStepArgs): FineEvent {
  return {
    eventId: args.eventId,
    event: name,
    onUnixMs: args.onUnixMs,
    by: `${ctx.caller.organisation}:${ctx.caller.actor}`,
    height: ctx.height,
    argsHash: hashOfJson(ctx.crypto.sha256, 'civitas/args/v1', { ...args, event: name }),
  };
}

function checkStep(ctx: Context, fine: Fine, event: FineEvent): RefusedOutcome | undefined {
  if (event.onUnixMs > ctx.timeUnixMs + DATE_AHEAD_MS_MAX) return no('RULE_UNMET', 'date-ahead', { nowUnixMs: ctx.timeUnixMs });
  if (event.onUnixMs < fine.createdOnUnixMs) return no('RULE_UNMET', 'before-creation', { createdOnUnixMs: fine.createdOnUnixMs });
  if (fine.events.length >= EVENTS_MAX) return no('LIMIT', 'events', { eventsMax: EVENTS_MAX });
  return undefined;
}

/** Finds the case and tells a repeat from a new step; a repeat succeeds without effect. */
export function openStep(ctx: Context, name: string, args: CaseStepArgs): Opened {
  const fine = fines.find(ctx, args.fine);
  if (fine === undefined) return { ok: false, outcome: absent(args.fine) };
  const event = eventOf(ctx, name, args);
  const before = fine.events.find((one) => one.eventId === args.eventId);
  if (before !== undefined) {
    const same = before.argsHash === event.argsHash;
    const outcome = same ? done({ id: args.fine, unchanged: true }) : no('DUPLICATE', 'other-content', { record: args.eventId });
    return { ok: false, outcome };
  }
  const refusal = checkStep(ctx, fine, event);
  return refusal === undefined ? { ok: true, fine, event } : { ok: false, outcome: refusal };
}

/** Writes the case with its step. */
export function closeStep(ctx: Context, id: string, fine: Fine, event: FineEvent): Outcome {
  fines.put(ctx, id, { ...fine, events: [...fine.events, event] });
  const facts: JsonObject = { fine: id, event: event.event, status: fine.status };
  ctx.emit('FineChanged', facts);
  return done({ id, status: fine.status });
}

/** The event of a step for a case that the step itself makes. */
export { eventOf };
