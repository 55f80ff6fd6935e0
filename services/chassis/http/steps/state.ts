/** What the steps of the pipeline share. */
import { pipeline } from 'node:stream';
import type Koa from 'koa';
import type { RequestContext } from '../../context.ts';
import type { IdempotencyStore } from '../../idempotency/store.ts';
import type { Logger } from '../../logger.ts';
import type { HttpMetrics } from '../../metrics.ts';
import type { Input, Reply } from '../route.ts';
import type { Match, Router } from '../router.ts';

/** Made once per service. */
export interface Pipeline<Deps> {
  readonly router: Router<Deps>;
  readonly deps: Deps;
  readonly logger: Logger;
  readonly metrics: HttpMetrics;
  /** Keys that verify the internal identity; empty: nobody can be signed in. */
  readonly identityKeys: readonly string[];
  readonly idempotency: IdempotencyStore | undefined;
  readonly responseCheck: 'always' | 'sampled' | 'off';
}

/** Made per request; each step may rely on what the steps before it have set. */
export interface RequestState<Deps> {
  context: RequestContext;
  match: Match<Deps>;
  input: Input<unknown, unknown, unknown>;
  ifMatch: string;
}

export type Step<Deps> = Koa.Middleware<RequestState<Deps>>;
export type StepContext<Deps> = Koa.ParameterizedContext<RequestState<Deps>>;

/** Puts a handler's reply on the wire. */
export function writeReply<Deps>(ctx: StepContext<Deps>, reply: Reply): void {
  ctx.status = reply.status;
  if (reply.headers !== undefined) ctx.set({ ...reply.headers });
  if (reply.stream !== undefined) {
    writeStream(ctx, reply.stream);
    return;
  }
  const text = reply.json ?? (reply.body === undefined ? undefined : JSON.stringify(reply.body));
  if (text === undefined) {
    ctx.body = null;
    ctx.status = reply.status; // Koa turns a null body into 204
    return;
  }
  ctx.type = 'application/json';
  ctx.body = text;
}

/** A source that fails in the middle breaks the connection: the caller must not take what it has for the whole. */
function writeStream<Deps>(ctx: StepContext<Deps>, { mediaType, source }: NonNullable<Reply['stream']>): void {
  ctx.respond = false;
  ctx.res.statusCode = ctx.status;
  ctx.res.setHeader('content-type', mediaType);
  if (ctx.method === 'HEAD') {
    source.destroy();
    ctx.res.end();
    return;
  }
  pipeline(source, ctx.res, () => undefined);
}
