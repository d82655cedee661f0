import { readFileSync } from 'node:fs';
import type { Schema } from './schema-values.ts';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

interface Media {
  readonly schema?: Schema;
}

interface Response {
  readonly description: string;
  readonly content?: Readonly<Record<string, Media>>;
}

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
  readonly schema: Schema;
}

/** One operation of the document. */
export interface Operation {
  readonly id: string;
  readonly method: Method;
  /** Below `/api/v1`, with `{name}` for parameters. */
  readonly path: string;
  readonly parameters: readonly Parameter[];
  readonly body: Schema | undefined;
  readonly responses: Readonly<Record<string, Response>>;
}

interface WrittenOperation {
  readonly operationId: string;
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<Record<string, Response>>;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, WrittenOperation>>>>;
  readonly components: { readonly schemas: { readonly Problem: Schema } };
}

const document = JSON.parse(readFileSync(new URL('../../../../../docs/reference/openapi.json', import.meta.url), 'utf8')) as Document;

/** The operations that the committed document tells the world of. */
export const operations: readonly Operation[] = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, { operationId, parameters, requestBody, responses }]) => ({
    id: operationId,
    method: method.toUpperCase() as Method,
    path,
    parameters,
    body: requestBody?.content['application/json']?.schema,
    responses,
  })),
);

export const problemSchema: Schema = document.components.schemas.Problem;
