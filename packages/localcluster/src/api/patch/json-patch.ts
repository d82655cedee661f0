import { cloneJson, equalJson, isObject, type Json, setOwn } from '../json.ts';
import { jsonPatchOperationsMax } from '../limits.ts';
import { badRequest, StatusError } from '../status-error.ts';

/**
 * Applies an RFC 6902 patch to a copy of `target`.
 *
 * @throws StatusError 422 when a test fails or a path does not exist, 400 when the patch is not one.
 */
export function applyJsonPatch(target: Json, patch: Json): Json {
  if (!Array.isArray(patch)) throw badRequest('a JSON patch must be a list of operations');
  if (patch.length > jsonPatchOperationsMax) {
    throw new StatusError({
      code: 413,
      reason: 'RequestEntityTooLarge',
      message: `The allowed maximum operations in a JSON patch is ${jsonPatchOperationsMax}, got ${patch.length}`,
    });
  }
  const holder: Json[] = [cloneJson(target)];
  for (const operation of patch) applyOperation(holder, operation);
  return holder[0] ?? null;
}

function applyOperation(holder: Json[], operation: Json): void {
  if (!isObject(operation) || typeof operation['path'] !== 'string') throw badRequest('a JSON patch operation needs op and path');
  const path = tokensOf(operation['path']);
  const value = operation['value'];
  switch (operation['op']) {
    case 'add':
      return insertAt(holder, path, needed(value));
    case 'remove':
      removeAt(holder, path);
      return;
    case 'replace':
      readAt(holder, path);
      if (path.length > 0) removeAt(holder, path);
      return insertAt(holder, path, needed(value));
    case 'move':
      return insertAt(holder, path, removeAt(holder, tokensOf(fromOf(operation['from']))));
    case 'copy':
      return insertAt(holder, path, cloneJson(readAt(holder, tokensOf(fromOf(operation['from'])))));
    case 'test':
      if (!equalJson(readAt(holder, path), value ?? null)) throw unprocessable(`testing value ${operation['path']} failed`);
      return;
    default:
      throw badRequest(`Unexpected kind: ${JSON.stringify(operation['op'] ?? null)}`);
  }
}

function needed(value: Json | undefined): Json {
  if (value === undefined) throw badRequest('a JSON patch operation of this kind needs a value');
  return cloneJson(value);
}

function fromOf(from: Json | undefined): string {
  if (typeof from !== 'string') throw badRequest('a JSON patch operation of this kind needs from');
  return from;
}

function tokensOf(pointer: string): string[] {
  if (pointer === '') return [];
  if (!pointer.startsWith('/')) throw badRequest(`JSON pointer ${JSON.stringify(pointer)} must start with /`);
  return pointer
    .slice(1)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function unprocessable(message: string): StatusError {
  return new StatusError({
    code: 422,
    reason: 'Invalid',
    message: `the server rejected our request due to an error in our request: ${message}`,
  });
}

function indexOf(list: readonly Json[], token: string, lengthMax: number): number {
  const index = /^(0|[1-9]\d*)$/.test(token) ? Number(token) : -1;
  if (index < 0 || index > lengthMax) throw unprocessable(`index ${token} is outside a list of ${list.length}`);
  return index;
}

function readAt(holder: Json[], path: readonly string[]): Json {
  let current: Json = holder[0] ?? null;
  for (const token of path) {
    let next: Json | undefined;
    if (Array.isArray(current)) next = current[indexOf(current, token, current.length - 1)];
    else if (isObject(current) && Object.hasOwn(current, token)) next = current[token];
    if (next === undefined) throw unprocessable(`path /${path.join('/')} does not exist`);
    current = next;
  }
  return current;
}

function insertAt(holder: Json[], path: readonly string[], value: Json): void {
  const last = path.at(-1);
  if (last === undefined) {
    holder[0] = value;
    return;
  }
  const parent = readAt(holder, path.slice(0, -1));
  if (Array.isArray(parent)) parent.splice(last === '-' ? parent.length : indexOf(parent, last, parent.length), 0, value);
  else if (isObject(parent)) setOwn(parent, last, value);
  else throw unprocessable(`path /${path.join('/')} does not exist`);
}

function removeAt(holder: Json[], path: readonly string[]): Json {
  const value = readAt(holder, path);
  const last = path.at(-1);
  if (last === undefined) throw unprocessable('the whole document cannot be removed');
  const parent = readAt(holder, path.slice(0, -1));
  if (Array.isArray(parent)) parent.splice(Number(last), 1);
  else if (isObject(parent)) delete parent[last];
  return value;
}
