/** Turns the body of a watch into events: one JSON document a line. */

import type { IncomingMessage } from 'node:http';
import { ApiError, apiErrorOf } from './api-error.ts';
import { watchLineBytesMax } from './limits.ts';
import type { KubeObject } from './resource.ts';

/** A change of one object; a BOOKMARK carries only kind and resourceVersion. */
export interface WatchEvent<T extends KubeObject = KubeObject> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: T;
}

/**
 * Events until the server closes the watch.
 *
 * @throws ApiError for an ERROR event (410 Expired among them), `ConnectionFailed` when the stream breaks.
 */
export async function* readWatchEvents<T extends KubeObject>(response: IncomingMessage): AsyncGenerator<WatchEvent<T>> {
  try {
    for await (const line of readLines(response)) {
      const event = parseEvent<T>(line);
      if (event !== undefined) yield event;
    }
  } catch (error) {
    if (error instanceof ApiError) throw error;
    const message = `watch broke: ${error instanceof Error ? error.message : String(error)}`;
    throw new ApiError({ status: 0, reason: 'ConnectionFailed', message, cause: error });
  } finally {
    response.destroy();
  }
}

async function* readLines(response: IncomingMessage): AsyncGenerator<string> {
  let rest: Buffer[] = [];
  let restBytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      rest.push(chunk.subarray(start, end));
      yield Buffer.concat(rest).toString('utf8');
      rest = [];
      restBytes = 0;
      start = end + 1;
    }
    if (start === chunk.byteLength) continue;
    rest.push(chunk.subarray(start));
    restBytes += chunk.byteLength - start;
    if (restBytes > watchLineBytesMax) throw new Error(`watch line is larger than ${watchLineBytesMax} bytes`);
  }
  // A half line at the end belongs to an event the server did not finish: dropped, the next watch brings it whole.
}

function parseEvent<T extends KubeObject>(line: string): WatchEvent<T> | undefined {
  if (line.trim() === '') return undefined;
  const event: { type?: string; object?: T } = JSON.parse(line);
  if (event.type === 'ERROR') throw apiErrorOf(500, JSON.stringify(event.object));
  if (event.object === undefined) throw new Error(`watch event without object: ${line.slice(0, 100)}`);
  switch (event.type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
    case 'BOOKMARK':
      return { type: event.type, object: event.object };
    default:
      throw new Error(`unknown watch event ${String(event.type)}`);
  }
}
