import type { Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';

/** `/metrics` on one port, `/livez`, `/readyz` (and `/healthz`) on another, so that a network policy can tell them apart. */
export interface HealthServer {
  /** Resolves with the ports in use when both listen; rejects with port and cause when one is taken. */
  start(): Promise<{ readonly metricsPort: number; readonly probesPort: number }>;
  /** Closes both at once. */
  stop(): Promise<void>;
}

/** `undefined` is healthy; otherwise a sentence that says what is wrong. `/readyz/<name>` answers for one check. */
export interface HealthCheck {
  readonly name: string;
  check(): string | undefined;
}

export interface HealthServerOptions {
  readonly registry: Registry;
  readonly livez: readonly HealthCheck[];
  readonly readyz: readonly HealthCheck[];
  /** 8080 when absent; 0 for any free one. */
  readonly metricsPort?: number;
  /** 8081 when absent; 0 for any free one. */
  readonly probesPort?: number;
  /** Address to listen on; all when absent. */
  readonly host?: string;
}

// An import of node:http reads all that it exports, also WebSocket, and with that loads Node's own undici: 5 MiB of heap.
const { createServer } = process.getBuiltinModule('node:http');

const defaultMetricsPort = 8080;
const defaultProbesPort = 8081;

/** Listens to nothing until `start`. */
export function createHealthServer(options: HealthServerOptions): HealthServer {
  const metrics = createServer((request, response) => {
    void answerMetrics(options.registry, request.url ?? '', response);
  });
  const probes = createServer((request, response) => answerProbe(options, request.url ?? '', response));
  return {
    async start() {
      const metricsPort = await listen(metrics, options.metricsPort ?? defaultMetricsPort, options.host);
      const probesPort = await listen(probes, options.probesPort ?? defaultProbesPort, options.host);
      return { metricsPort, probesPort };
    },
    async stop() {
      await Promise.all([close(metrics), close(probes)]);
    },
  };
}

async function answerMetrics(registry: Registry, url: string, response: ServerResponse): Promise<void> {
  if (pathOf(url) !== '/metrics') {
    send(response, 404, 'not found; there is /metrics\n');
    return;
  }
  try {
    const text = await registry.metrics();
    response.writeHead(200, { 'content-type': registry.contentType }).end(text);
  } catch (error) {
    send(response, 500, `metrics cannot be collected: ${String(error)}\n`);
  }
}

function answerProbe(options: HealthServerOptions, url: string, response: ServerResponse): void {
  const [, probe = '', name] = pathOf(url).split('/');
  const checks = probe === 'readyz' ? options.readyz : livenessChecks(options, probe);
  const chosen = name === undefined ? checks : checks?.filter((check) => check.name === name);
  if (chosen === undefined || (name !== undefined && chosen.length === 0)) {
    send(response, 404, 'not found; there are /livez, /readyz and /readyz/<check>\n');
    return;
  }
  const results = chosen.map((check) => ({ name: check.name, problem: check.check() }));
  const isHealthy = results.every(({ problem }) => problem === undefined);
  const lines = results.map(({ name: checkName, problem }) =>
    problem === undefined ? `[+] ${checkName} ok\n` : `[-] ${checkName} failed: ${problem}\n`,
  );
  send(response, isHealthy ? 200 : 503, `${lines.join('')}${isHealthy ? 'ok' : 'not ok'}\n`);
}

function livenessChecks(options: HealthServerOptions, probe: string): readonly HealthCheck[] | undefined {
  return probe === 'livez' || probe === 'healthz' ? options.livez : undefined;
}

function pathOf(url: string): string {
  return url.split('?', 1)[0] ?? '';
}

function send(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(text);
}

function listen(server: Server, port: number, host: string | undefined): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) =>
      reject(new Error(`port ${port} cannot be listened on: ${cause.message}`, { cause })),
    );
    server.listen({ port, ...(host === undefined ? {} : { host }) }, () => {
      // A TCP server has an address with a port once it listens.
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
