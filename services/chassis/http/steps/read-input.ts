import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { openByteStream, readJsonBody } from '../body.ts';
import type { Client, RouteDeclaration } from '../route.ts';
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
      headers: readDeclared(declaration.headers, (name) => String(ctx.req.headers[name] ?? '')),
      cookies: readDeclared(declaration.cookies, (name) => ctx.cookies.get(name) ?? ''),
      ifMatch: ctx.state.ifMatch,
      ifNoneMatch: ctx.req.headers['if-none-match'],
      client: readClient(ctx.req),
      context: ctx.state.context,
    };
    return next();
  };
}

const none: Readonly<Record<string, string>> = Object.freeze({});

function readDeclared(
  declared: Readonly<Record<string, string>> | undefined,
  read: (name: string) => string,
): Readonly<Record<string, string>> {
  if (declared === undefined) return none;
  return Object.fromEntries(Object.keys(declared).map((name) => [name, read(name)]));
}

function readQuery<Deps>(ctx: StepContext<Deps>, declaration: RouteDeclaration): unknown {
  if (declaration.query !== undefined) return validateParameters(declaration.query, parseQuery(ctx.querystring));
  return undefined;
}

async function readBody<Deps>(ctx: StepContext<Deps>, body: NonNullable<RouteDeclaration['body']>): Promise<unknown> {
  if (body.isStream === true) return openByteStream(ctx.req, body);
  return validateBody(body.schema, await readJsonBody(ctx.req, body));
}

/** The gateway replaces the header by the one address that it believes. */
function readClient(request: IncomingMessage): Client {
  const forwarded = request.headers['x-forwarded-for'];
  const isKnown = typeof forwarded === 'string' && isIP(forwarded) !== 0;
  // A listener for both families shows IPv4 peers in IPv6 form.
  const address = isKnown ? forwarded : (request.socket.remoteAddress ?? '').replace(/^::ffff:/, '');
  return { address, userAgent: request.headers['user-agent'] };
}
