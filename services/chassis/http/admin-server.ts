/** The admin server: probes and metrics, on a port that no Ingress reaches. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Registry } from 'prom-client';
import type { Readiness } from '../health.ts';

/** `import` reads all exports of the module, one of which loads a second undici: 5 MiB. */
const { createServer } = process.getBuiltinModule('node:http');

export interface AdminServerOptions {
  readonly registry: Registry;
  readonly readiness: Readiness;
  /** True once the service accepts requests. */
  readonly isStarted: () => boolean;
}

/**
 * `/livez`: the event loop turns, nothing more: a lost store must not restart healthy processes. `/readyz`: may traffic
 * come. `/startupz`: has it started. `/metrics`: Prometheus text.
 */
export function createAdminServer(options: AdminServerOptions): Server {
  return createServer((request, response) => {
    answer(options, request).then(
      ({ status, type, body }) => send(response, status, type, body),
      (error: unknown) => send(response, 500, 'text/plain', `${String(error)}\n`),
    );
  });
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

async function answer(options: AdminServerOptions, request: IncomingMessage): Promise<Answer> {
  const [path = ''] = (request.url ?? '').split('?', 1);
  switch (path) {
    case '/livez':
      return text(200, 'ok');
    case '/startupz':
      return options.isStarted() ? text(200, 'ok') : text(503, 'starting');
    case '/readyz': {
      const health = await options.readiness.evaluate();
      return {
        status: health.status === 'unavailable' ? 503 : 200,
        type: 'application/json',
        body: JSON.stringify(health),
      };
    }
    case '/metrics':
      return { status: 200, type: options.registry.contentType, body: await options.registry.metrics() };
    default:
      return text(404, 'only /livez, /readyz, /startupz and /metrics are here');
  }
}

function text(status: number, body: string): Answer {
  return { status, type: 'text/plain', body: `${body}\n` };
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}
