import { ProblemError } from '../../problem.ts';
import type { Step } from './state.ts';

/** Demands `If-Match` where the route declares it, so that nobody overwrites a change that they have not seen. */
export function checkPrecondition<Deps>(): Step<Deps> {
  return (ctx, next) => {
    const ifMatch = ctx.req.headers['if-match'];
    if (ctx.state.match.route.declaration.precondition === 'if-match' && ifMatch === undefined) {
      throw new ProblemError('precondition-required');
    }
    ctx.state.ifMatch = ifMatch ?? '';
    return next();
  };
}
