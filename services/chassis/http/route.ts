/** A route as data: what it takes, what it answers, who may call it. Everything else is derived from this. */
import type { Readable } from 'node:stream';
import type { z } from 'zod';
import type { Identity, Role } from '#contracts/identity.ts';
import type { ProblemCode } from '#contracts/problems.ts';
import type { Criticality } from '../admission/criticality.ts';
import type { RequestContext } from '../context.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** Who may call: everybody, everybody who is signed in, or those with one of the roles. */
export type Access = 'public' | 'authenticated' | readonly [Role, ...Role[]];

export interface BodyDeclaration<Schema extends z.ZodType = z.ZodType> {
  readonly schema: Schema;
  readonly description: string;
  /** Beside `application/json`. */
  readonly mediaTypes?: readonly string[];
  /** Longest body in bytes; default 64 KiB. */
  readonly limitBytes?: number;
  /**
   * True: the body is of one of `mediaTypes`, not JSON, and is not read before the handler does so; `schema` is `byteStream`. For
   * what is too long to be held in memory.
   */
  readonly isStream?: boolean;
}

export interface ResponseDeclaration {
  readonly description: string;
  /** Absent: the response has no body. */
  readonly schema?: z.ZodType;
  /** What a body that is not JSON may be; `schema` is absent then, and the reply has a `stream`. */
  readonly mediaTypes?: readonly string[];
  /** Header name → what it tells. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface RouteDeclaration<
  Params extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
> {
  /** Unique, camelCase: names the operation in the API description and in generated clients. */
  readonly operationId: string;
  readonly method: Method;
  /** Template such as `/api/v1/products/{id}`; also the metrics label. */
  readonly path: `/${string}`;
  readonly summary: string;
  readonly description?: string;
  readonly tag: string;
  readonly access: Access;
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: BodyDeclaration<Body>;
  /** Request headers that the handler reads, and what each is for. Optional for the caller; lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Cookies that the handler reads, and what each is for. Optional for the caller. */
  readonly cookies?: Readonly<Record<string, string>>;
  /** `if-match`: 428 without the header; the handler gets its value. */
  readonly precondition?: 'if-match';
  /** Whether `Idempotency-Key` is honoured (`optional`) or demanded. */
  readonly idempotency?: 'optional' | 'required';
  readonly responses: Readonly<Record<number, ResponseDeclaration>>;
  /** Problems of this operation; those that follow from the declaration itself are added by `declaredProblems`. */
  readonly problems?: readonly ProblemCode[];
  /** In which order requests are refused while there is too much to do; default `standard`. */
  readonly criticality?: Criticality;
  /** Longest time that the work may take; default 5 s. */
  readonly timeoutMs?: number;
}

/** What a handler gets: validated, typed. */
export interface Input<Params, Query, Body> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly identity: Identity | undefined;
  /** Values of the declared headers and cookies, by name: empty text where the request has none. */
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies: Readonly<Record<string, string>>;
  /** Value of `If-Match`; empty unless the route declares the precondition. */
  readonly ifMatch: string;
  /** Value of `If-None-Match`, if any. */
  readonly ifNoneMatch: string | undefined;
  readonly client: Client;
  readonly context: RequestContext;
}

/** From where a request comes: for audits and counters, never for deciding who may do something. */
export interface Client {
  /** As the gateway tells it; the peer of the connection where it says nothing. */
  readonly address: string;
  readonly userAgent: string | undefined;
}

/** What a handler answers. */
export interface Reply {
  readonly status: number;
  /** Serialised as JSON. */
  readonly body?: unknown;
  /** JSON text that a store has made already; sent as it is. */
  readonly json?: string;
  /** Bytes that are sent as they come, of this media type. Destroyed when the caller leaves. */
  readonly stream?: { readonly mediaType: string; readonly source: Readable };
  readonly headers?: Readonly<Record<string, string>>;
}

/** A route with its types erased, as the router keeps it. */
export interface Route<Deps> {
  readonly declaration: RouteDeclaration;
  readonly handle: (input: Input<unknown, unknown, unknown>, deps: Deps) => Promise<Reply>;
}

/**
 * Gives a `route(declaration, handler)` for handlers that need `Deps`. Types of the handler's input come from the
 * declaration's schemas.
 */
export function routesWith<Deps>() {
  return function route<
    Params extends z.ZodType = z.ZodUndefined,
    Query extends z.ZodType = z.ZodUndefined,
    Body extends z.ZodType = z.ZodUndefined,
  >(
    declaration: RouteDeclaration<Params, Query, Body>,
    handle: (input: Input<z.output<Params>, z.output<Query>, z.output<Body>>, deps: Deps) => Promise<Reply>,
  ): Route<Deps> {
    // The pipeline validates with the declaration's own schemas before it calls the handler.
    return { declaration, handle: handle as Route<Deps>['handle'] };
  };
}

/** All problems that an operation can answer: its own, and those that its declaration implies. */
export function declaredProblems(declaration: RouteDeclaration): readonly ProblemCode[] {
  const implied: ProblemCode[] = [
    'internal-error',
    'service-unavailable',
    'overloaded',
    'deadline-exceeded',
    'malformed-request',
  ];
  if (declaration.params !== undefined || declaration.query !== undefined) implied.push('invalid-parameter');
  if (declaration.body !== undefined) implied.push('validation-failed', 'payload-too-large', 'unsupported-media-type');
  if (declaration.precondition !== undefined) implied.push('precondition-required', 'precondition-failed');
  if (declaration.idempotency !== undefined)
    implied.push('idempotency-in-progress', 'idempotency-key-reused', 'invalid-parameter');
  implied.push('invalid-token');
  if (declaration.access !== 'public') implied.push('authentication-required');
  if (Array.isArray(declaration.access)) implied.push('forbidden');
  return [...new Set([...(declaration.problems ?? []), ...implied])];
}
