/** Turns bodies that come bit by bit into what they carry: a watch into events, one JSON document a line; a log into text. */

import type { IncomingMessage } from 'node:http';
import { ApiError, apiErrorOf } from './api-error.ts';
import { watchLineBytesMax } from './limits.ts';
import type { KubeObject } from './resource.ts';

/** A change of one object; a BOOKMARK carries only kind and resourceVersion. */
export interface WatchEvent<T extends KubeObject = KubeObject> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: T;
}

const EXCERPT_CHARS = 100;

/** The server sent something that is no watch event: asking for it again would bring it again. */
export class MalformedEvent extends Error {
  override readonly name = 'MalformedEvent';
}

/**
 * Events until the server closes the watch.
 *
 * @throws ApiError for an ERROR event (410 Expired among them), `ConnectionFailed` when the stream breaks; MalformedEvent.
 */
export async function* readWatchEvents<T extends KubeObject>(response: IncomingMessage): AsyncGenerator<WatchEvent<T>> {
  try {
    for await (const line of readLines(response)) {
      const event = parseEvent<T>(line);
      if (event !== undefined) yield event;
    }
  } catch (error) {
    if (error instanceof ApiError || error instanceof MalformedEvent) throw error;
    const message = `watch broke: ${error instanceof Error ? error.message : String(error)}`;
    throw new ApiError({ status: 0, reason: 'ConnectionFailed', message, cause: error });
  } finally {
    response.destroy();
  }
}

/** Text as it arrives, whole characters only. @throws ApiError `ConnectionFailed` when the stream breaks. */
export async function* readText(response: IncomingMessage): AsyncGenerator<string> {
  response.setEncoding('utf8');
  try {
    for await (const text of response as AsyncIterable<string>) yield text;
  } catch (error) {
    const message = `the stream broke: ${error instanceof Error ? error.message : String(error)}`;
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
    if (restBytes > watchLineBytesMax) throw new MalformedEvent(`watch line is larger than ${watchLineBytesMax} bytes`);
  }
  // A half line at the end belongs to an event the server did not finish: dropped, the next watch brings it whole.
}

function parseEvent<T extends KubeObject>(line: string): WatchEvent<T> | undefined {
  if (line.trim() === '') return undefined;
  const event = (parseLine(line) ?? {}) as { readonly type?: string; readonly object?: T };
  if (event.type === 'ERROR') throw apiErrorOf(500, JSON.stringify(event.object));
  if (event.object?.metadata?.resourceVersion === undefined)
    throw new MalformedEvent(`watch event without an object that has a version: ${line.slice(0, EXCERPT_CHARS)}`);
  switch (event.type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
    case 'BOOKMARK':
      return { type: event.type, object: event.object };
    default:
      throw new MalformedEvent(`unknown watch event ${String(event.type)}`);
  }
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw new MalformedEvent(`watch line is no JSON: ${line.slice(0, EXCERPT_CHARS)}`, { cause: error });
  }
}
