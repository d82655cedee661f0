import { PROBLEMS, type Problem } from '@civitas/console-contract';
import { Ajv } from 'ajv';
import type { LightMyRequestResponse } from 'fastify';
import { type Operation, problemSchema } from './openapi-document.ts';
import type { FuzzRequest } from './requests.ts';
import type { Schema } from './schema-values.ts';

const ajv = new Ajv({ strict: false, allErrors: true });
/** What only our own insides look like: a stack, a path of this machine, a module. */
const INSIDES = /\n\s+at |\.ts:\d+|node_modules|file:\/\/|node:internal|\/src\//;
/** An answer to a path that leads elsewhere. */
const ASTRAY_STATUSES = [400, 401, 403, 404, 405, 414];

function schemaFaults(what: string, schema: Schema, value: unknown): readonly string[] {
  return ajv.validate(schema, value) ? [] : [`${what}: ${ajv.errorsText()}`];
}

function problemFaults(operation: Operation, request: FuzzRequest, answer: LightMyRequestResponse): readonly string[] {
  if (!String(answer.headers['content-type']).startsWith('application/problem+json')) return ['a refusal that is no problem+json'];
  const problem: Problem = answer.json();
  const { statusCode } = answer;
  const faults = [...schemaFaults('problem', problemSchema, problem)];
  if (PROBLEMS[problem.code]?.status !== statusCode || problem.status !== statusCode)
    faults.push(`${problem.code} with status ${statusCode}`);
  if (request.isAstray)
    return ASTRAY_STATUSES.includes(statusCode) || operation.responses[statusCode] !== undefined
      ? faults
      : [...faults, `status ${statusCode}`];
  const declared = operation.responses[statusCode]?.description.split(', ') ?? [];
  return declared.includes(problem.code) ? faults : [...faults, `${statusCode} ${problem.code} is not declared`];
}

function doneFaults(operation: Operation, request: FuzzRequest, answer: LightMyRequestResponse): readonly string[] {
  if (request.isAstray) return [];
  const declared = operation.responses[answer.statusCode];
  if (declared === undefined) return [`status ${answer.statusCode} is not declared`];
  const [media, content] = Object.entries(declared.content ?? {})[0] ?? [];
  if (media === undefined) return answer.body === '' ? [] : ['a body where none is declared'];
  if (!String(answer.headers['content-type']).startsWith(media)) return [`content-type ${String(answer.headers['content-type'])}`];
  return media === 'application/json' && content?.schema !== undefined ? schemaFaults('answer', content.schema, answer.json()) : [];
}

/** What is wrong with an answer by what the OpenAPI says; nothing when it is as declared. */
export function faultsOf(operation: Operation, request: FuzzRequest, answer: LightMyRequestResponse): readonly string[] {
  const faults = answer.statusCode >= 400 ? problemFaults(operation, request, answer) : doneFaults(operation, request, answer);
  const leaks = INSIDES.test(answer.body) ? ['an answer that shows our insides'] : [];
  const bare = answer.headers['x-content-type-options'] === 'nosniff' ? [] : ['an answer without its security headers'];
  const kept = request.isAstray || answer.headers['cache-control'] === 'no-store' ? [] : ['an answer that may be kept'];
  const broken = answer.statusCode === 500 ? ['the server failed'] : [];
  return [...faults, ...leaks, ...bare, ...kept, ...broken];
}
