import type { Bytes } from '@civitas/canon';
import { LentBuffer } from './lent-buffer.ts';

const QUOTE = 0x22;
const COLON = 0x3a;
const SLASH = 0x2f;
const BACKSLASH = 0x5c;
const AFTER_PREFIX = Buffer.from('":"');
const LENGTH_BYTES = 2;
const lent = new LentBuffer();

/** A record's canonical bytes under its key. */
export interface RecordEntry {
  readonly key: Buffer;
  readonly value: Buffer;
}

/**
 * A record and its key as one text, `"health.index/documents/":"<id>"{…}`: what a shape keeps of it are names of members, and so what keys of a kind
 * begin with. A key that would end a string stands with its length before it.
 *
 * @returns bytes that are lent until the next call: whoever writes a block packs each at once.
 */
export function entryText(key: Buffer, value: Bytes): Buffer {
  if (key.includes(QUOTE) || key.includes(BACKSLASH)) return lengthFirst(key, value);
  const prefixBytes = key.lastIndexOf(SLASH) + 1;
  const bytes = key.length + value.length + AFTER_PREFIX.length + 2;
  const text = lent.room(bytes).subarray(0, bytes);
  text[0] = QUOTE;
  let at = 1 + key.copy(text, 1, 0, prefixBytes);
  at += AFTER_PREFIX.copy(text, at);
  at += key.copy(text, at, prefixBytes);
  text[at] = QUOTE;
  text.set(value, at + 1);
  return text;
}

function lengthFirst(key: Buffer, value: Bytes): Buffer {
  const bytes = 1 + LENGTH_BYTES + key.length + value.length;
  const text = lent.room(bytes).subarray(0, bytes);
  text[0] = COLON;
  text.writeUInt16BE(key.length, 1);
  key.copy(text, 1 + LENGTH_BYTES);
  text.set(value, 1 + LENGTH_BYTES + key.length);
  return text;
}

/**
 * Undefined for bytes that `entryText` did not give.
 *
 * @param text is taken over: the key's parts are moved together in it.
 */
export function readEntryText(text: Buffer): RecordEntry | undefined {
  if (text[0] === COLON) return readLengthFirst(text);
  const prefixEnd = text[0] === QUOTE ? text.indexOf(QUOTE, 1) : -1;
  const idAt = prefixEnd + AFTER_PREFIX.length;
  const idEnd = prefixEnd > 0 && AFTER_PREFIX.equals(text.subarray(prefixEnd, idAt)) ? text.indexOf(QUOTE, idAt) : -1;
  if (idEnd < 0) return undefined;
  const keyAt = idAt - prefixEnd + 1;
  text.copyWithin(keyAt, 1, prefixEnd);
  return { key: text.subarray(keyAt, idEnd), value: text.subarray(idEnd + 1) };
}

function readLengthFirst(text: Buffer): RecordEntry | undefined {
  const from = 1 + LENGTH_BYTES;
  const end = text.length < from ? Number.POSITIVE_INFINITY : from + text.readUInt16BE(1);
  return end > text.length ? undefined : { key: text.subarray(from, end), value: text.subarray(end) };
}
