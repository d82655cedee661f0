import { accept, type JsonObject, type Result, refuse } from '@civitas/canon';
import type { Static, TObject } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { checkOf } from './schema-check.ts';

const PATH_CHARS_MAX = 120;

function isAccepted<S extends TObject>(schema: S, value: unknown): value is Static<S> {
  return checkOf(schema)(value);
}

/**
 * Checks arguments, payloads and records against their schema, without generated code.
 *
 * @returns ARGS_INVALID with the first offending path and what was expected there; never the value, which could be personal.
 */
export function checkArgs<S extends TObject>(schema: S, value: unknown): Result<Static<S>> {
  if (isAccepted(schema, value)) return accept(value);
  const first = Value.Errors(schema, value).First();
  const facts: JsonObject = { path: (first?.path ?? '').slice(0, PATH_CHARS_MAX), expected: first?.message ?? 'another shape' };
  return refuse('ARGS_INVALID', facts);
}
