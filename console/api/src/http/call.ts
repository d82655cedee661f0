import type { ROUTES, Route, RouteName } from '@civitas/console-contract';
import type { Principal } from '@civitas/identity';
import type { Static, TSchema } from '@sinclair/typebox';
import type { FastifyReply, FastifyRequest } from 'fastify';

type Of<R, K extends string> = R extends Readonly<Record<K, infer S>> ? (S extends TSchema ? Static<S> : undefined) : undefined;

/** One request to a route, checked and allowed. */
export interface Call<R extends Route> {
  readonly params: Of<R, 'params'>;
  readonly query: Of<R, 'query'>;
  readonly body: Of<R, 'body'>;
  /** Who asks; nobody for what is public. */
  readonly principal: R['scope'] extends 'public' ? undefined : Principal;
  /** When the token ends. */
  readonly expiresAtUnixS: number;
  /** Aborts when whoever asked has gone. */
  readonly signal: AbortSignal;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** What a route answers with; a route without a schema of its answer answers with text, bytes or nothing. */
export type Answer<R extends Route> = R extends { readonly answer: infer S extends TSchema }
  ? Static<S>
  : string | Buffer | undefined | FastifyReply;
export type Handler<R extends Route> = (call: Call<R>) => Promise<Answer<R>> | Answer<R>;
/** A handler for every route there is: one that is missing does not compile. */
export type Handlers = { readonly [Name in RouteName]: Handler<(typeof ROUTES)[Name]> };
/** Some of them, as one file has. */
export type HandlersOf<Names extends RouteName> = Pick<Handlers, Names>;
