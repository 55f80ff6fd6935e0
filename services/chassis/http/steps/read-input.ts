import { readJsonBody } from '../body.ts';
import type { RouteDeclaration } from '../route.ts';
import { assertStorableText, parseQuery, validateBody, validateParameters } from '../validation.ts';
import type { Step, StepContext } from './state.ts';

/** Reads and validates parameters and body; the handler sees nothing that its declaration does not allow. */
export function readInput<Deps>(): Step<Deps> {
  return async (ctx, next) => {
    const { declaration } = ctx.state.match.route;
    for (const [name, value] of Object.entries(ctx.state.match.params))
      assertStorableText(value, `path parameter ${name}`);
    ctx.state.input = {
      params: validateParameters(declaration.params, ctx.state.match.params),
      query: readQuery(ctx, declaration),
      body: declaration.body === undefined ? undefined : await readBody(ctx, declaration.body),
      identity: ctx.state.context.identity,
      ifMatch: ctx.state.ifMatch,
      ifNoneMatch: ctx.req.headers['if-none-match'],
      context: ctx.state.context,
    };
    return next();
  };
}

function readQuery<Deps>(ctx: StepContext<Deps>, declaration: RouteDeclaration): unknown {
  if (declaration.query !== undefined) return validateParameters(declaration.query, parseQuery(ctx.querystring));
  return undefined;
}

async function readBody<Deps>(ctx: StepContext<Deps>, body: NonNullable<RouteDeclaration['body']>): Promise<unknown> {
  return validateBody(body.schema, await readJsonBody(ctx.req, body));
}
