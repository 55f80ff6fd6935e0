import { toProblem } from '../../problem.ts';
import { sendProblem } from '../send.ts';
import { type Pipeline, type Step, writeReply } from './state.ts';

/**
 * Sends the reply when all steps below are done with it, or a problem document for whatever was thrown there; defects are logged
 * with their cause, which is not shown.
 */
export function answerProblems<Deps>(pipeline: Pipeline<Deps>): Step<Deps> {
  return async (ctx, next) => {
    // We write the response; Koa must not.
    ctx.respond = false;
    try {
      await next();
      writeReply(ctx);
    } catch (error) {
      const problem = toProblem(error);
      if (problem.status >= 500) log(pipeline, problem.status, problem.cause ?? problem);
      sendProblem(ctx.res, problem, ctx.state.context);
    }
  };
}

function log<Deps>(pipeline: Pipeline<Deps>, status: number, cause: unknown): void {
  if (status === 500) pipeline.logger.error({ err: cause }, 'a request failed');
  else pipeline.logger.warn({ err: cause }, 'a request could not be served');
}
