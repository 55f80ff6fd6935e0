/** What the steps of the pipeline share. */
import type { OutgoingHttpHeaders } from 'node:http';
import { pipeline } from 'node:stream';
import type Koa from 'koa';
import type { Admission } from '../../admission/admission.ts';
import type { Live } from '../../config/live.ts';
import type { RequestContext } from '../../context.ts';
import type { IdempotencyStore } from '../../idempotency/store.ts';
import type { Logger } from '../../logger.ts';
import type { HttpMetrics } from '../../metrics.ts';
import type { Input, Reply } from '../route.ts';
import type { Match, Router } from '../router.ts';
import { beginResponse } from '../send.ts';

/** Made once per service. */
export interface Pipeline<Deps> {
  readonly router: Router<Deps>;
  readonly deps: Deps;
  readonly logger: Logger;
  readonly metrics: HttpMetrics;
  readonly admission: Admission;
  /** Keys that verify the internal identity; empty: nobody can be signed in. */
  readonly identityKeys: Live<readonly string[]>;
  readonly idempotency: IdempotencyStore | undefined;
  readonly responseCheck: 'always' | 'sampled' | 'off';
}

/** Made per request; each step may rely on what the steps before it have set. */
export interface RequestState<Deps> {
  context: RequestContext;
  match: Match<Deps>;
  input: Input<unknown, unknown, unknown>;
  ifMatch: string;
  /** What the handler answered. */
  reply: Reply;
}

export type Step<Deps> = Koa.Middleware<RequestState<Deps>>;
export type StepContext<Deps> = Koa.ParameterizedContext<RequestState<Deps>>;

/** Puts the reply on the wire. */
export function writeReply<Deps>(ctx: StepContext<Deps>): void {
  const { reply, context } = ctx.state;
  if (reply.stream !== undefined) {
    writeStream(ctx, reply.stream);
    return;
  }
  const text = reply.json ?? (reply.body === undefined ? undefined : JSON.stringify(reply.body));
  const content =
    text === undefined
      ? lengthOfNothing(reply.status)
      : { 'content-type': 'application/json; charset=utf-8', 'content-length': Buffer.byteLength(text) };
  beginResponse(ctx.res, context, reply.status, { ...reply.headers, ...content });
  ctx.res.end(text);
}

/** 204 and 304 say by themselves that no body follows. */
function lengthOfNothing(status: number): OutgoingHttpHeaders {
  return status === 204 || status === 304 ? {} : { 'content-length': 0 };
}

/** A source that fails in the middle breaks the connection: the caller must not take what it has for the whole. */
function writeStream<Deps>(ctx: StepContext<Deps>, { mediaType, source }: NonNullable<Reply['stream']>): void {
  const { reply, context } = ctx.state;
  beginResponse(ctx.res, context, reply.status, { ...reply.headers, 'content-type': mediaType });
  if (ctx.method === 'HEAD') {
    source.destroy();
    ctx.res.end();
    return;
  }
  pipeline(source, ctx.res, () => undefined);
}
