import { ProblemError } from '../../problem.ts';
import type { Reply, RouteDeclaration } from '../route.ts';
import type { Pipeline, Step } from './state.ts';

/** `sampled` looks at one response in this many. */
const sampleEvery = 100;

/** Calls the handler and checks its reply against the declaration. */
export function handle<Deps>(pipeline: Pipeline<Deps>): Step<Deps> {
  const isChecked = createSampler(pipeline.responseCheck);
  return async (ctx) => {
    const { route } = ctx.state.match;
    const reply = await route.handle(ctx.state.input, pipeline.deps);
    if (isChecked()) reportFault(pipeline, route.declaration, reply);
    ctx.state.reply = reply;
  };
}

function createSampler(mode: 'always' | 'sampled' | 'off'): () => boolean {
  if (mode !== 'sampled') return () => mode === 'always';
  let count = 0;
  return () => {
    count = (count + 1) % sampleEvery;
    return count === 1;
  };
}

function reportFault<Deps>(pipeline: Pipeline<Deps>, declaration: RouteDeclaration, reply: Reply): void {
  const fault = findFault(declaration, reply);
  if (fault === undefined) return;
  pipeline.metrics.responseFaults.inc({ route: declaration.path });
  const cause = new Error(`${declaration.operationId} answers against its description: ${fault}`);
  if (pipeline.responseCheck === 'always') throw new ProblemError('internal-error', undefined, { cause });
  pipeline.logger.error({ err: cause }, 'a response breaks the API description');
}

function findFault(declaration: RouteDeclaration, reply: Reply): string | undefined {
  const declared = declaration.responses[reply.status];
  if (declared === undefined) return `status ${reply.status} is not declared`;
  const hasBody = reply.json !== undefined || reply.body !== undefined;
  if (reply.stream !== undefined)
    return declared.mediaTypes?.includes(reply.stream.mediaType) === true
      ? undefined
      : `${reply.stream.mediaType} is not declared`;
  if (declared.schema === undefined) return hasBody ? `status ${reply.status} has a body` : undefined;
  const value: unknown = reply.json === undefined ? reply.body : JSON.parse(reply.json);
  const result = declared.schema.safeParse(value);
  return result.success ? undefined : result.error.message;
}
