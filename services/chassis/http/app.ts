/** The Koa application of a service: the pipeline, and nothing else. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import Koa from 'koa';
import { currentContext } from '../context.ts';
import { pipelineSteps } from './pipeline.ts';
import type { RequestHandler } from './server.ts';
import type { Pipeline, RequestState } from './steps/state.ts';

/** A request handler that runs the pipeline. */
export function createAppHandler<Deps>(pipeline: Pipeline<Deps>): RequestHandler {
  const app = new Koa<RequestState<Deps>>();
  app.silent = true;
  // Only what escapes the pipeline comes here, e.g. a stream that fails while it is sent.
  app.on('error', (error: unknown) => pipeline.logger.error({ err: error }, 'a response failed'));
  app.use((ctx, next) => {
    const context = currentContext();
    if (context === undefined) throw new Error('the request has no context');
    ctx.state.context = context;
    return next();
  });
  for (const step of pipelineSteps(pipeline)) app.use(step);
  const callback = app.callback();
  return (request: IncomingMessage, response: ServerResponse) => {
    // Koa answers its own failures; its promise never rejects.
    void callback(request, response);
  };
}
