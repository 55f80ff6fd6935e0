import { headers } from '#contracts/headers.ts';
import { ProblemError } from '../../problem.ts';
import type { Step } from './state.ts';

/** Time for a request unless its route says otherwise: enough for any read. */
const defaultTimeoutMs = 5000;

/** Sets the deadline: the route's limit, or what the caller says is left if that is less. */
export function limitTime<Deps>(): Step<Deps> {
  return (ctx, next) => {
    const { context } = ctx.state;
    context.limitTime(ctx.state.match.route.declaration.timeoutMs ?? defaultTimeoutMs);
    const left = parseDeadline(ctx.req.headers[headers.deadlineMs]);
    if (left !== undefined) context.limitTime(left);
    if (context.remainingMs() <= 0)
      throw new ProblemError('deadline-exceeded', 'no time was left when the request arrived');
    return next();
  };
}

/** A caller may only shorten the time, so a wrong value is simply not used. */
function parseDeadline(value: string | string[] | undefined): number | undefined {
  return typeof value === 'string' && /^\d{1,6}$/.test(value) ? Number(value) : undefined;
}
