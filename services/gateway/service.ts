/** The gateway: the shop's only door. */
import { Counter } from 'prom-client';
import { describeApi } from '#chassis/http/openapi.ts';
import type { Route } from '#chassis/http/route.ts';
import { createIdentityMinter } from '#chassis/identity/internal-identity.ts';
import { closeRedis, createRedisCheck, openRedis } from '#chassis/redis/redis.ts';
import { createService, type Platform, type Worker } from '#chassis/service.ts';
import { bffRoutes } from './bff/routes.ts';
import { createDescriptions } from './docs/descriptions.ts';
import type { ApiDocument } from './docs/merge.ts';
import { docsRoutes } from './docs/routes.ts';
import { createEdge, type EdgeDeps } from './edge/edge.ts';
import { createClientAddresses } from './identity/client-address.ts';
import { openLiveIdentity } from './identity/live-identity.ts';
import { createAllowances } from './limits/classes.ts';
import { createLimiter } from './limits/limiter.ts';
import { openUpstreams } from './proxy/upstreams.ts';
import { problemRoutes } from './routes/problems.ts';
import { gatewaySettings } from './settings.ts';

const described = {
  title: 'Gateway',
  description: 'The door of the shop. Paths below `/api` belong to the services behind it and are described there.',
};
/** Different ones, so that services are asked: one page alone would be had from the gateway itself. */
const warmUpPaths = Array.from({ length: 20 }, (_, index) => [
  `/api/v1/products?limit=${index + 1}`,
  `/api/v1/search?q=a&limit=${index + 1}`,
]).flat();
const routes: readonly Route<GatewayDeps>[] = [...bffRoutes, ...docsRoutes, ...problemRoutes];

interface GatewayDeps extends EdgeDeps {
  readonly workers: readonly Worker[];
}

export const gatewayService = createService({
  name: 'gateway',
  ...described,
  settings: gatewaySettings,
  routes,
  identityKeys: (settings) => settings.identity.internalKeys,
  build: (platform): GatewayDeps => buildDeps(platform),
  workers: ({ workers }) => workers,
  warmUp: async () => warmUpPaths,
  edge: (deps) => createEdge(deps),
});

function buildDeps({
  settings,
  logger,
  metrics,
  admissions,
  addCheck,
  onClose,
}: Platform<typeof gatewaySettings>): GatewayDeps {
  const { identity, proxy, limits } = settings;
  const { version } = settings.process;
  const redis = openRedis(settings.redis, logger);
  onClose('redis', () => closeRedis(redis));
  // Optional: without Redis rates are limited less exactly, and the shop goes on.
  addCheck(createRedisCheck(redis, false));
  const upstreams = openUpstreams(settings.upstreams, proxy, {
    metrics,
    admissions,
    maxWaitMs: settings.http.maxWaitMs,
  });
  onClose('upstreams', () => upstreams.close());
  const outcomes = new Counter({
    name: 'gateway_upstream_requests_total',
    help: 'Requests passed on, by service and how it did.',
    labelNames: ['upstream', 'outcome'],
    registers: [metrics.registry],
  });
  const retries = new Counter({
    name: 'gateway_upstream_retries_total',
    help: 'Requests that were sent a second time, by service.',
    labelNames: ['upstream'],
    registers: [metrics.registry],
  });
  const { registry } = metrics;
  const { tokens, workers } = openLiveIdentity(identity, { pool: upstreams.of('user')?.pool, logger, registry });
  return {
    upstreams,
    descriptions: createDescriptions({
      upstreams,
      own: () => describeApi({ ...described, version }, routes) as unknown as ApiDocument, // our own generator's form
      version,
      now: () => performance.now(),
    }),
    tokens,
    workers,
    addresses: createClientAddresses({ hops: proxy.trustedHops, networks: proxy.trustedProxies }),
    limiter: limits.enabled === 'on' ? createLimiter(redis, metrics.registry, logger) : undefined,
    allowanceFor: createAllowances(limits),
    mintIdentity: createIdentityMinter(identity.internalKeys),
    corsOrigins: proxy.corsOrigins,
    callerIdleMs: proxy.callerIdleMs,
    logger,
    countRetry: (upstream) => retries.inc({ upstream }),
    countOutcome: (upstream, outcome) => outcomes.inc({ upstream, outcome }),
  };
}
