/** A started service: its servers, its workers, and the order in which everything stops. */
import { once } from 'node:events';
import type { Server } from 'node:http';
import { setImmediate as afterReading, setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { openAdmissions } from './admission/open-admissions.ts';
import { fixed } from './config/live.ts';
import type { Reload, SettingGroups, Settings } from './config/settings.ts';
import { watchSecrets } from './config/watch-secrets.ts';
import { createReadiness, type Readiness } from './health.ts';
import { createAdminServer } from './http/admin-server.ts';
import { createAppHandler } from './http/app.ts';
import { describeApi } from './http/openapi.ts';
import { type Route, routesWith } from './http/route.ts';
import { createRouter } from './http/router.ts';
import { createPublicServer, type RequestHandler } from './http/server.ts';
import { createIdempotencyPurge } from './idempotency/purge.ts';
import type { IdempotencyStore } from './idempotency/store.ts';
import type { Logger } from './logger.ts';
import { createMetrics } from './metrics.ts';
import type { CommonGroups, Platform, ServiceDefinition, Worker } from './service.ts';
import { warmUp } from './warm-up.ts';

export interface RunningService {
  /** Ports as they are, also when the setting was 0. */
  readonly port: number;
  readonly adminPort: number;
  /**
   * Stops in order: not ready → delay → no new connections → requests in flight end → workers → stores. Resolves with false
   * when requests, workers or stores were cut off because the grace was over.
   */
  stop(): Promise<boolean>;
}

export interface BuiltService<Groups extends SettingGroups, Deps> {
  readonly platform: Platform<Groups>;
  readonly deps: Deps;
  readonly readiness: Readiness;
  /** Closes what `build` opened. */
  close(): Promise<void>;
}

/** Builds a service without serving: for its commands. */
export function buildService<Groups extends SettingGroups & CommonGroups, Deps>(
  definition: ServiceDefinition<Groups, Deps>,
  settings: Settings<Groups & CommonGroups>,
  logger: Logger,
): BuiltService<Groups, Deps> {
  const metrics = createMetrics(definition.name, settings.process.version);
  const readiness = createReadiness((check, err) => logger.warn({ check, err }, 'a dependency does not work'));
  const admissions = openAdmissions(settings.http.shedLoopDelayMs, metrics);
  const closers: { readonly name: string; readonly close: () => Promise<void> }[] = [
    { name: 'admissions', close: async () => admissions.stop() },
  ];
  const platform: Platform<Groups> = {
    name: definition.name,
    settings,
    logger,
    metrics,
    admissions,
    addCheck: (check) => readiness.add(check),
    onClose: (name, close) => void closers.unshift({ name, close }),
  };
  const deps = definition.build(platform);
  return { platform, deps, readiness, close: () => closeAll(closers, logger) };
}

/**
 * Starts serving. Throws when a port is taken or a worker does not start; nothing stays open then.
 *
 * `reload` looks whether files of the settings have changed; absent where there are none.
 */
export async function startService<Groups extends SettingGroups & CommonGroups, Deps>(
  definition: ServiceDefinition<Groups, Deps>,
  settings: Settings<Groups & CommonGroups>,
  logger: Logger,
  reload?: () => Reload,
): Promise<RunningService> {
  const built = buildService(definition, settings, logger);
  const { readiness, platform } = built;
  let isStarted = false;
  const idempotency = definition.idempotency?.(built.deps);
  const handler = createHandler(definition, built, { settings, idempotency });
  const publicServer = createPublicServer({
    handler,
    readiness,
    logger,
    metrics: platform.metrics.http,
    isOwn: () => !isStarted,
  });
  const adminServer = createAdminServer({ registry: platform.metrics.registry, readiness, isStarted: () => isStarted });
  const { http } = settings;
  const workers = [
    ...watchOf(reload, built.platform),
    ...(definition.workers?.(built.deps) ?? []),
    ...(idempotency === undefined ? [] : [createIdempotencyPurge(idempotency, platform)]),
  ];
  const start = async (): Promise<{ readonly port: number; readonly adminPort: number }> => {
    const adminPort = await listen(adminServer, http.adminPort);
    const port = await listen(publicServer, http.port);
    await Promise.all(workers.map((worker) => worker.start()));
    if (definition.warmUp !== undefined && http.warmUpMs > 0)
      await warmUp(definition.warmUp, { port, budgetMs: http.warmUpMs, logger });
    return { port, adminPort };
  };
  const { port, adminPort } = await start().catch(async (error: unknown) => {
    // Open pools and sockets would keep a process alive that serves nothing.
    await abandon([publicServer, adminServer], workers, built.close);
    throw error;
  });
  isStarted = true;
  logger.info({ port, adminPort }, 'listening');
  const stop = (): Promise<boolean> =>
    stopAll({ readiness, publicServer, adminServer, workers, close: built.close, logger, ...http });
  let stopping: Promise<boolean> | undefined;
  return {
    port,
    adminPort,
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
  };
}

function watchOf<Groups extends SettingGroups & CommonGroups>(
  reload: (() => Reload) | undefined,
  { settings, logger, metrics }: Platform<Groups>,
): readonly Worker[] {
  if (reload === undefined) return [];
  return [watchSecrets({ reload, periodMs: settings.process.secretsPollMs, logger, registry: metrics.registry })];
}

function createHandler<Groups extends SettingGroups & CommonGroups, Deps>(
  definition: ServiceDefinition<Groups, Deps>,
  built: BuiltService<Groups, Deps>,
  {
    settings,
    idempotency,
  }: { readonly settings: Settings<Groups & CommonGroups>; readonly idempotency: IdempotencyStore | undefined },
): RequestHandler {
  const { platform, deps } = built;
  const handleRoutes = createAppHandler({
    router: createRouter([...definition.routes, describeRoute(definition, settings.process.version)]),
    deps,
    logger: platform.logger,
    metrics: platform.metrics.http,
    admission: platform.admissions.open('requests', {
      concurrency: settings.http.maxConcurrency,
      maxWaitMs: settings.http.maxWaitMs,
    }),
    identityKeys: definition.identityKeys?.(platform.settings) ?? fixed([]),
    idempotency,
    responseCheck: settings.http.responseCheck,
  });
  const edge = definition.edge?.(deps, platform);
  if (edge === undefined) return handleRoutes;
  return (request, response, context) => {
    if (!edge(request, response, context, handleRoutes)) handleRoutes(request, response, context);
  };
}

/** `GET /openapi.json`, made on first demand. It describes the other routes and not itself. */
function describeRoute<Groups extends SettingGroups & CommonGroups, Deps>(
  definition: ServiceDefinition<Groups, Deps>,
  version: string,
): Route<Deps> {
  let json: string | undefined;
  return routesWith<Deps>()(
    {
      operationId: 'getApiDescription',
      method: 'GET',
      path: '/openapi.json',
      summary: 'This description',
      tag: 'meta',
      access: 'public',
      responses: { 200: { description: 'OpenAPI 3.1.', schema: z.looseObject({ openapi: z.string() }) } },
    },
    async () => {
      const { title, description } = definition;
      json ??= JSON.stringify(describeApi({ title, description, version }, definition.routes));
      return { status: 200, json, headers: { 'cache-control': 'public, max-age=60' } };
    },
  );
}

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port);
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return address.port;
}

/** Closes what a failed start has opened. */
async function abandon(
  servers: readonly Server[],
  workers: readonly Worker[],
  close: () => Promise<void>,
): Promise<void> {
  await Promise.allSettled(workers.map((worker) => worker.stop()));
  await Promise.all(servers.filter(({ listening }) => listening).map(closeServer));
  await close();
}

interface StopOrder {
  readonly readiness: Readiness;
  readonly publicServer: Server;
  readonly adminServer: Server;
  readonly workers: readonly Worker[];
  readonly close: () => Promise<void>;
  readonly logger: Logger;
  readonly shutdownDelayMs: number;
  readonly shutdownGraceMs: number;
}

/**
 * Workers and stores have at least so long each, milliseconds, also when requests have used up the grace: with both the process
 * still ends before Kubernetes kills it, 30 s after the `preStop` of 2 s began.
 */
const lastMs = 1000;

async function stopAll(order: StopOrder): Promise<boolean> {
  const { logger, publicServer } = order;
  const endsAt = performance.now() + order.shutdownGraceMs;
  const leftMs = (): number => Math.max(lastMs, endsAt - performance.now());
  logger.info({ delayMs: order.shutdownDelayMs }, 'stopping: not ready any more');
  order.readiness.drain();
  await wait(Math.min(order.shutdownDelayMs, order.shutdownGraceMs));
  // A process that was kept waiting finds the end of the delay before the requests that came meanwhile: their connections still
  // look idle, and closing them would answer nobody.
  await afterReading();
  const isDrained = await drain(publicServer, order.shutdownGraceMs - order.shutdownDelayMs);
  if (!isDrained) logger.warn('requests were cut off: the grace is over');
  const running = await stopWorkers(order.workers, leftMs());
  if (running.length > 0) logger.error({ workers: running }, 'workers were cut off: the grace is over');
  // What such a worker has in hand is never given back.
  const isClosed = await isInTime(order.close(), leftMs());
  if (!isClosed) logger.warn('stores were not closed: the grace is over');
  await closeServer(order.adminServer);
  logger.info('stopped');
  return isDrained && isClosed && running.length === 0;
}

/** Names of the workers that have not stopped in time. */
async function stopWorkers(workers: readonly Worker[], limitMs: number): Promise<readonly string[]> {
  const stopped = await Promise.all(workers.map((worker) => isInTime(worker.stop(), limitMs)));
  return workers.filter((_, index) => stopped[index] === false).map(({ name }) => name);
}

async function isInTime(work: Promise<void>, limitMs: number): Promise<boolean> {
  const limit = new AbortController();
  const late = wait(limitMs, false, { signal: limit.signal }).catch(() => false);
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    limit.abort();
  }
}

/** Accepts nothing new and waits for what runs; after `graceMs` the rest is cut off. */
async function drain(server: Server, graceMs: number): Promise<boolean> {
  let isDrained = true;
  const timer = setTimeout(
    () => {
      isDrained = false;
      server.closeAllConnections();
    },
    Math.max(0, graceMs),
  );
  await closeServer(server);
  clearTimeout(timer);
  return isDrained;
}

async function closeServer(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeIdleConnections();
  await closed;
}

async function closeAll(
  closers: readonly { name: string; close: () => Promise<void> }[],
  logger: Logger,
): Promise<void> {
  for (const { name, close } of closers) {
    await close().catch((err: unknown) => logger.warn({ err, resource: name }, 'a resource did not close'));
  }
}
