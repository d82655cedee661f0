/** One event of a stream, as the HTML standard frames them. */
export interface StreamEvent {
  readonly id: string | undefined;
  readonly data: string;
}

/** An event of ours is below 1 kB: a line that grows beyond this is not one. */
const LINE_CHARS_MAX = 64 * 1024;

/**
 * Reads text/event-stream piece by piece; pieces may end anywhere.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export function createEventParser(): (piece: string) => readonly StreamEvent[] {
  let rest = '';
  let data: string[] = [];
  let id: string | undefined;
  const takeLine = (line: string): StreamEvent | undefined => {
    if (line === '') {
      const event = data.length === 0 ? undefined : { id, data: data.join('\n') };
      data = [];
      return event;
    }
    const colon = line.indexOf(':');
    if (colon === 0) return undefined;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'data') data.push(value);
    if (field === 'id' && !value.includes('\0')) id = value;
    return undefined;
  };
  return (piece) => {
    rest += piece;
    const events: StreamEvent[] = [];
    for (;;) {
      const end = /\r\n|\n|\r(?!$)/.exec(rest);
      if (end === null) break;
      const event = takeLine(rest.slice(0, end.index));
      rest = rest.slice(end.index + end[0].length);
      if (event !== undefined) events.push(event);
    }
    if (rest.length > LINE_CHARS_MAX) throw new Error(`a line of the event stream is longer than ${LINE_CHARS_MAX} characters`);
    return events;
  };
}

/** What changed, never how: the reader fetches it again and is authorised again. */
export interface Change {
  readonly kind: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
}

/** The change an event tells of; undefined for what is none. */
export function changeOf(data: string): Change | undefined {
  try {
    const value: unknown = JSON.parse(data);
    if (typeof value !== 'object' || value === null) return undefined;
    const { kind, namespace, name } = value as Readonly<Record<string, unknown>>;
    const optional = (field: unknown): string | undefined => (typeof field === 'string' ? field : undefined);
    return typeof kind === 'string' ? { kind, namespace: optional(namespace), name: optional(name) } : undefined;
  } catch {
    return undefined;
  }
}
