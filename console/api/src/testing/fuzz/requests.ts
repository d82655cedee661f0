import { fc } from '@civitas/testkit/properties';
import type { InjectOptions } from 'fastify';
import type { Operation } from './openapi-document.ts';
import { hostileTexts, mutantsOf, type Schema, valuesOf } from './schema-values.ts';

/** A request as it goes to the server, and what of it cannot reach the route that it was meant for. */
export interface FuzzRequest {
  readonly method: Operation['method'];
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: string | undefined;
  /** The path is not one that the router takes to the route: what answers need not be the route. */
  readonly isAstray: boolean;
}

const ASTRAY = ['', '.', '..', '%2e%2e%2f'];
const wellFormed = (text: string): string => Buffer.from(text, 'utf8').toString('utf8');
const encoded = (text: string): string => encodeURIComponent(wellFormed(text));

interface Segment {
  readonly text: string;
  readonly isAstray: boolean;
}

/** Values of a path parameter: such as there are, such as could be, and such as nobody should send. */
function segmentsOf(schema: Schema, known: readonly string[]): fc.Arbitrary<Segment> {
  const asWritten = (text: string): Segment => ({ text: encoded(text), isAstray: ASTRAY.includes(text) || text.length > 200 });
  return fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...known).map(asWritten) },
    { weight: 3, arbitrary: valuesOf(schema).map((value) => asWritten(String(value))) },
    { weight: 3, arbitrary: fc.constantFrom(...hostileTexts).map(asWritten) },
    {
      weight: 1,
      arbitrary: fc.constantFrom('%zz', '%', '%ff', '%00', '..%2f..', 'a%2Fb', ';a=b').map((text) => ({ text, isAstray: true })),
    },
  );
}

/** Name and value of each part of a query, in order. */
function queriesOf(operation: Operation): fc.Arbitrary<string> {
  const parameters = operation.parameters.filter((parameter) => parameter.in === 'query');
  const parts = parameters.flatMap(({ name, schema, required }) => {
    const good = valuesOf(schema).map((value) => `${name}=${encoded(String(value))}`);
    const hostile = fc.constantFrom(...hostileTexts).map((value) => `${name}=${encoded(value)}`);
    const twice = fc.tuple(good, good).map((both) => both.join('&'));
    const odd = fc.constantFrom(name, `${name}=`, `${name}[]=1`, `${name}[a]=1`, `${name}=%zz`);
    const absent = { weight: required === true ? 1 : 6, arbitrary: fc.constant('') };
    return [fc.oneof({ weight: 6, arbitrary: good }, absent, hostile, twice, odd)];
  });
  const more = fc.oneof({ weight: 12, arbitrary: fc.constant('') }, fc.constantFrom('unheardOf=1', '__proto__=1', '&&=&', '?', '%00'));
  return fc.tuple(fc.tuple(...parts), more).map(([own, other]) => [...own, other].filter((part) => part !== '').join('&'));
}

const notJson = ['', '{', '{"a":', 'null', '[]', '"text"', '1', '\u0000', '{"a":1}{"b":2}', '['.repeat(2000), '\ufeff{}'];

function bodiesOf(schema: Schema | undefined): fc.Arbitrary<string | undefined> {
  const raw = fc.constantFrom<string | undefined>(...notJson, undefined, JSON.stringify('x'.repeat(70_000)));
  if (schema === undefined) return fc.oneof({ weight: 6, arbitrary: fc.constant(undefined) }, raw);
  const texts = (values: fc.Arbitrary<unknown>) => values.map((value): string | undefined => JSON.stringify(value));
  return fc.oneof(
    { weight: 5, arbitrary: texts(valuesOf(schema)) },
    { weight: 6, arbitrary: texts(mutantsOf(schema)) },
    { weight: 1, arbitrary: raw },
  );
}

const mostly = <T>(usual: T, ...others: readonly T[]): fc.Arbitrary<T> =>
  fc.oneof({ weight: 12, arbitrary: fc.constant(usual) }, { weight: 4, arbitrary: fc.constantFrom(usual, ...others) });

const headers: fc.Arbitrary<Readonly<Record<string, string | undefined>>> = fc.record({
  'content-type': mostly<string | undefined>(
    'application/json',
    'application/json; charset=utf-8',
    'application/json; charset=latin1',
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/xml',
    '*/*',
    ';;;',
    undefined,
  ),
  'if-match': fc.constantFrom<string | undefined>(undefined, '*', '"1"', 'W/"1"', '1', '""', '"1", "2"', 'x'.repeat(3000)),
  'idempotency-key': mostly<string | undefined>(undefined, 'k', 'k'.repeat(128), 'k'.repeat(129), '', ' ', 'schlüssel', '{}'),
  origin: mostly<string | undefined>(
    undefined,
    'http://console.test',
    'http://elsewhere.test',
    'null',
    'http://console.test.elsewhere.test',
  ),
  accept: mostly<string | undefined>(undefined, 'text/html', 'application/problem+json', 'x'.repeat(500)),
});

/** Requests to one operation. @param known names that there are in the city, by the parameter they go into. */
export function requestsTo(operation: Operation, known: (parameter: string) => readonly string[]): fc.Arbitrary<FuzzRequest> {
  const inPath = operation.parameters.filter((parameter) => parameter.in === 'path');
  const segments = fc.tuple(...inPath.map(({ name, schema }) => segmentsOf(schema, known(name))));
  const parts = fc.record({ segments, query: queriesOf(operation), payload: bodiesOf(operation.body), headers });
  return parts.map(({ segments: given, query, payload, headers: sent }): FuzzRequest => {
    const path = inPath.reduce((text, { name }, index) => text.replace(`{${name}}`, () => given[index]?.text ?? ''), operation.path);
    const present = Object.entries(sent).filter((entry): entry is [string, string] => entry[1] !== undefined);
    return {
      method: operation.method,
      url: `/api/v1${path}${query === '' ? '' : `?${query}`}`,
      headers: Object.fromEntries(present.filter(([name]) => name !== 'content-type' || payload !== undefined)),
      payload,
      isAstray: given.some(({ isAstray }) => isAstray),
    };
  });
}

/** The request for `app.inject`, as somebody with that authorization. */
export function injected({ method, url, headers: sent, payload }: FuzzRequest, authorization: string | undefined): InjectOptions {
  const all = { ...sent, ...(authorization === undefined ? {} : { authorization }) };
  return { method, url, headers: all, ...(payload === undefined ? {} : { payload }) };
}
