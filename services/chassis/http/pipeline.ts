/** The way of a request through a service: every step, in order, in one list. */
import type Koa from 'koa';
import { admit } from './steps/admit.ts';
import { answerProblems } from './steps/answer-problems.ts';
import { checkCaller } from './steps/check-caller.ts';
import { checkPrecondition } from './steps/check-precondition.ts';
import { handle } from './steps/handle.ts';
import { limitTime } from './steps/limit-time.ts';
import { matchRoute } from './steps/match-route.ts';
import { readInput } from './steps/read-input.ts';
import { replayIdempotent } from './steps/replay-idempotent.ts';
import { setSecurityHeaders } from './steps/security-headers.ts';
import type { Pipeline, RequestState } from './steps/state.ts';

/**
 * The middleware of a service. Before it, `http/server.ts` has made the request's context, and writes the access log and
 * the metrics when the response ends, whatever happens here.
 */
export function pipelineSteps<Deps>(pipeline: Pipeline<Deps>): readonly Koa.Middleware<RequestState<Deps>>[] {
  return [
    // Outermost: every error below becomes a problem document.
    answerProblems(pipeline),
    // Before anything can answer, so that errors carry them as well.
    setSecurityHeaders(),
    // First of all the route, because all later steps read its declaration. It also names the metrics label.
    matchRoute(pipeline),
    // Work whose time is used up is dropped before it starts.
    limitTime(),
    // Before anything else is spent on it.
    admit(pipeline),
    // Who is calling, and may they: before a byte of the body is read.
    checkCaller(pipeline),
    // 428 before the body is read.
    checkPrecondition(),
    // Parameters and body, with limits, validated by the declaration.
    readInput(),
    // A repeated request is answered from memory; only complete, valid requests are remembered.
    replayIdempotent(pipeline),
    // The handler, then the check of its reply.
    handle(pipeline),
  ];
}
