import type { Bytes } from './bytes.ts';
import { InvariantError } from './invariant.ts';
import type { Json } from './json.ts';
import { JSON_BYTES_MAX, JSON_DEPTH_MAX } from './limits.ts';
import { accept, type Result, refuse } from './refusal.ts';
import { utf8Decode, utf8Encode } from './utf8.ts';

/** Thrown while walking a value that has no canonical form; caught at the edge of this file. */
class NotCanonicalError extends Error {}

// JSON.stringify spells a lone surrogate as such an escape; a backslash of the text itself can also look like one.
const SURROGATE_ESCAPE = /\\ud[89a-f]/;
const LONE_SURROGATE = /\p{Surrogate}/u;

function checkNumber(value: number): void {
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) throw new NotCanonicalError('not an integer within 2^53 - 1');
}

function checkPrototype(value: object): void {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return;
  // An object of another realm has another Object.prototype, itself the end of the chain.
  if (Object.getPrototypeOf(prototype) !== null) throw new NotCanonicalError('not a plain object');
}

/** Shapes known at one time, count: each is two lists of at most as many names as follow. */
const SHAPES_MAX = 256;
const SHAPE_NAMES_MAX = 64;
const SHAPE_NAME_CHARS_MAX = 64;

/** What the names of an object's members decide. */
interface Shape {
  readonly names: readonly string[];
  readonly isInOrder: boolean;
  /** Copying an object by assignment would lose this member. */
  readonly hasPrototypeName: boolean;
  /** JavaScript orders such names its own way. */
  readonly hasNumber: boolean;
  /** The names in canonical order, each with some value, where they do not stand so already. */
  readonly ordered: Readonly<Record<string, unknown>>;
}

// Most objects come from the same few lines of code, so what their names decide is worked out once. One place each: the last that came stays.
const shapes: (Shape | undefined)[] = Array.from({ length: SHAPES_MAX }, () => undefined);

/** An object with these names in canonical order. */
function orderedNames(names: readonly string[]): Record<string, unknown> {
  const inOrder: Record<string, unknown> = {};
  const sorted = names.toSorted();
  // Set twice, so that the engine takes the members for what they are: of any kind, and changing.
  for (const value of [0, '']) for (const name of sorted) inOrder[name] = value;
  return inOrder;
}

function makeShape(names: readonly string[]): Shape {
  let [isInOrder, hasPrototypeName, hasNumber] = [true, false, false];
  let previous = '';
  for (const name of names) {
    const first = name.charCodeAt(0);
    if (name === '__proto__') hasPrototypeName = true;
    if (first >= 0x30 && first <= 0x39) hasNumber = true;
    if (name < previous) isInOrder = false;
    previous = name;
  }
  return { names, isInOrder, hasPrototypeName, hasNumber, ordered: isInOrder || hasPrototypeName ? {} : orderedNames(names) };
}

function isShapeOf(shape: Shape, names: readonly string[]): boolean {
  if (shape.names.length !== names.length) return false;
  for (let at = 0; at < names.length; at++) if (shape.names[at] !== names[at]) return false;
  return true;
}

function shapeOf(names: readonly string[]): Shape {
  const count = names.length;
  const first = names[0] ?? '';
  const last = names[count - 1] ?? '';
  const place = (count * 37 + first.length * 11 + last.length * 3 + first.charCodeAt(0) * 5 + last.charCodeAt(0)) % SHAPES_MAX || 0;
  const known = shapes[place];
  if (known !== undefined && isShapeOf(known, names)) return known;
  const shape = makeShape(names);
  if (count <= SHAPE_NAMES_MAX && names.every(({ length }) => length <= SHAPE_NAME_CHARS_MAX)) shapes[place] = shape;
  return shape;
}

function orderedObject(value: object, depth: number): unknown {
  checkPrototype(value);
  const members = value as Readonly<Record<string, unknown>>;
  const names = Object.keys(members);
  const shape = shapeOf(names);
  if (shape.hasPrototypeName) throw new NotCanonicalError('key __proto__');
  let copy = shape.isInOrder ? undefined : { ...shape.ordered };
  let isOrderable = shape.isInOrder || !shape.hasNumber;
  for (const name of names) {
    const member = members[name];
    const own = ordered(member, depth + 1);
    isOrderable &&= own !== undefined;
    if (own !== member) copy ??= { ...members };
    if (copy !== undefined) copy[name] = own;
  }
  return isOrderable ? (copy ?? value) : undefined;
}

function orderedArray(value: readonly unknown[], depth: number): unknown {
  let copy: unknown[] | undefined;
  let isOrderable = true;
  for (let at = 0; at < value.length; at++) {
    const own = ordered(value[at], depth + 1);
    isOrderable &&= own !== undefined;
    if (own !== value[at]) copy ??= [...value];
    if (copy !== undefined) copy[at] = own;
  }
  return isOrderable ? (copy ?? value) : undefined;
}

/**
 * The value with the keys of every object in canonical order: itself where they stand so already, otherwise a copy of what has to change.
 * Undefined where a key begins with a digit and is out of order: JavaScript orders those its own way. Throws where there is no canonical form.
 */
function ordered(value: unknown, depth: number): unknown {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value;
  if (typeof value === 'number') {
    checkNumber(value);
    return value;
  }
  if (typeof value !== 'object') throw new NotCanonicalError(`a ${typeof value} has no JSON form`);
  if (depth > JSON_DEPTH_MAX) throw new NotCanonicalError(`deeper than ${JSON_DEPTH_MAX}`);
  return Array.isArray(value) ? orderedArray(value, depth) : orderedObject(value, depth);
}

const PLAIN_TEXT = /^[ !#-[\]-~]*$/;

function quoted(text: string): string {
  if (PLAIN_TEXT.test(text)) return `"${text}"`;
  if (LONE_SURROGATE.test(text)) throw new NotCanonicalError('lone surrogate in text');
  return JSON.stringify(text);
}

/** For values that passed the checks of `ordered`. Keys by UTF-16 code unit, which is JavaScript's own order (RFC 8785 section 3.2.3). */
function writeSorted(value: unknown): string {
  if (typeof value === 'string') return quoted(value);
  if (typeof value !== 'object' || value === null) return String(value);
  let text = '';
  if (Array.isArray(value)) {
    for (const element of value) text += `${text === '' ? '' : ','}${writeSorted(element)}`;
    return `[${text}]`;
  }
  for (const key of Object.keys(value).toSorted()) {
    const member: unknown = Reflect.get(value, key);
    text += `${text === '' ? '' : ','}${quoted(key)}:${writeSorted(member)}`;
  }
  return `{${text}}`;
}

// The engine's own writer does a kilobyte in 3 µs where ours takes 20, so it serves wherever the keys can be brought in order.
function write(value: unknown): string {
  const inOrder = ordered(value, 1);
  if (inOrder === undefined) return writeSorted(value);
  const text = JSON.stringify(inOrder);
  return text.includes('\\ud') && SURROGATE_ESCAPE.test(text) ? writeSorted(value) : text;
}

/** The canonical text (RFC 8785, integers only) of a value that came from our own code. @throws InvariantError when it has none. */
export function canonicalString(value: Json): string {
  try {
    return write(value);
  } catch (error) {
    if (error instanceof NotCanonicalError) throw new InvariantError(`value has no canonical JSON: ${error.message}`);
    throw error;
  }
}

/** The canonical bytes of a value that came from our own code. @throws InvariantError when it has none. */
export function encodeCanonical(value: Json): Bytes {
  return utf8Encode(canonicalString(value));
}

/** The canonical bytes of an unchecked value; refused with JSON_NOT_CANONICAL when it has none. */
export function tryEncodeCanonical(value: unknown): Result<Bytes> {
  try {
    return accept(utf8Encode(write(value)));
  } catch (error) {
    if (error instanceof NotCanonicalError) return refuse('JSON_NOT_CANONICAL', { reason: error.message });
    throw error;
  }
}

const NUMBER_BYTES_MAX = 17;
const WORD_BYTES_MAX = 5;

/** NaN where only writing tells: text beyond plain ASCII, and whatever may have no canonical form. */
function boundOf(value: unknown, depth: number): number {
  if (typeof value === 'string') return PLAIN_TEXT.test(value) ? value.length + 2 : Number.NaN;
  if (typeof value === 'number') return Number.isSafeInteger(value) && !Object.is(value, -0) ? NUMBER_BYTES_MAX : Number.NaN;
  if (typeof value === 'boolean' || value === null) return WORD_BYTES_MAX;
  if (typeof value !== 'object' || depth > JSON_DEPTH_MAX) return Number.NaN;
  let bytes = 2;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) bytes += 1 + boundOf(value[i], depth + 1);
    return bytes;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return Number.NaN;
  for (const key of Object.keys(value)) {
    if (key === '__proto__') return Number.NaN;
    bytes += 2 + boundOf(key, depth) + boundOf(Reflect.get(value, key), depth + 1);
  }
  return bytes;
}

/**
 * How many bytes a value takes in canonical form where that is more than `bytesMax`; otherwise a number up to it. Most values are found to be
 * within a limit without writing them, at a quarter of the cost.
 *
 * @throws InvariantError when it has none.
 */
export function canonicalBytesWithin(value: Json, bytesMax: number): number {
  const bound = boundOf(value, 1);
  return bound <= bytesMax ? bound : encodeCanonical(value).length;
}

function parseText(text: string): Json | undefined {
  try {
    const value: Json = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}

/**
 * Reads canonical JSON; a value has exactly one accepted encoding.
 *
 * @param bytesMax bytes; a caller with its own limit gives it here.
 * @returns JSON_TOO_LARGE, JSON_MALFORMED (not UTF-8, not JSON) or JSON_NOT_CANONICAL (another spelling, too deep, a float, a duplicate key).
 */
export function parseCanonical(bytes: Bytes, bytesMax: number = JSON_BYTES_MAX): Result<Json> {
  if (bytes.length > bytesMax) return refuse('JSON_TOO_LARGE', { bytes: bytes.length, bytesMax });
  const text = utf8Decode(bytes);
  if (text === undefined) return refuse('JSON_MALFORMED', { reason: 'not UTF-8' });
  const value = parseText(text);
  if (value === undefined) return refuse('JSON_MALFORMED', { reason: 'not JSON' });
  try {
    if (write(value) !== text) return refuse('JSON_NOT_CANONICAL', { reason: 'not the canonical spelling' });
  } catch (error) {
    if (error instanceof NotCanonicalError) return refuse('JSON_NOT_CANONICAL', { reason: error.message });
    throw error;
  }
  return accept(value);
}
