import { ProblemError } from '../../problem.ts';
import type { Pipeline, Step } from './state.ts';

/** Longest path and query: the longest that we hand out (a page cursor with all filters) is below 1 KiB. */
const maximumUrlLength = 4096;

/** Finds the route and names it for metrics and logs. */
export function matchRoute<Deps>(pipeline: Pipeline<Deps>): Step<Deps> {
  return (ctx, next) => {
    if (ctx.url.length > maximumUrlLength) throw new ProblemError('uri-too-long');
    ctx.state.match = pipeline.router.match(ctx.method, ctx.path);
    ctx.state.context.route = ctx.state.match.route.declaration.path;
    return next();
  };
}
