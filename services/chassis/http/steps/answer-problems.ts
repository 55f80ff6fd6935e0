import { sendProblem, toProblem } from '../../problem.ts';
import type { Pipeline, Step } from './state.ts';

/** Turns whatever was thrown below into a problem document; defects are logged with their cause, which is not shown. */
export function answerProblems<Deps>(pipeline: Pipeline<Deps>): Step<Deps> {
  return async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      const problem = toProblem(error);
      if (problem.status >= 500) log(pipeline, problem.status, problem.cause ?? problem);
      ctx.respond = false;
      sendProblem(ctx.res, problem, ctx.state.context.requestId);
    }
  };
}

function log<Deps>(pipeline: Pipeline<Deps>, status: number, cause: unknown): void {
  if (status === 500) pipeline.logger.error({ err: cause }, 'a request failed');
  else pipeline.logger.warn({ err: cause }, 'a request could not be served');
}
