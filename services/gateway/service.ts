/** The gateway: the shop's only door. */
import { Counter } from 'prom-client';
import { closeRedis, createRedisCheck, openRedis } from '#chassis/redis/redis.ts';
import { createService, type Platform } from '#chassis/service.ts';
import { createEdge, type EdgeDeps } from './edge/edge.ts';
import { createAccessTokens } from './identity/access-tokens.ts';
import { createClientAddresses } from './identity/client-address.ts';
import { createAllowances } from './limits/classes.ts';
import { createLimiter } from './limits/limiter.ts';
import { openUpstreams } from './proxy/upstreams.ts';
import { problemRoutes } from './routes/problems.ts';
import { gatewaySettings } from './settings.ts';

export const gatewayService = createService({
  name: 'gateway',
  title: 'Gateway',
  description: 'The door of the shop. Paths below `/api` belong to the services behind it and are described there.',
  settings: gatewaySettings,
  routes: problemRoutes,
  identityKeys: (settings) => settings.identity.internalKeys,
  build: (platform): EdgeDeps => buildEdgeDeps(platform),
  edge: (deps) => createEdge(deps),
});

function buildEdgeDeps({ settings, logger, metrics, addCheck, onClose }: Platform<typeof gatewaySettings>): EdgeDeps {
  const { identity, proxy, limits } = settings;
  const redis = openRedis(settings.redis, logger);
  onClose('redis', () => closeRedis(redis));
  // Optional: without Redis rates are limited less exactly, and the shop goes on.
  addCheck(createRedisCheck(redis, false));
  const upstreams = openUpstreams(settings.upstreams, proxy);
  onClose('upstreams', () => upstreams.close());
  const outcomes = new Counter({
    name: 'gateway_upstream_requests_total',
    help: 'Requests passed on, by service and how it did.',
    labelNames: ['upstream', 'outcome'],
    registers: [metrics.registry],
  });
  if (identity.jwks === undefined) logger.warn('APP_IDENTITY_JWKS is not set: nobody can sign in');
  return {
    upstreams,
    tokens: createAccessTokens({ ...identity, now: Date.now }),
    addresses: createClientAddresses({ hops: proxy.trustedHops, networks: proxy.trustedProxies }),
    limiter: limits.enabled === 'on' ? createLimiter(redis, metrics.registry, logger) : undefined,
    allowanceFor: createAllowances(limits),
    internalKeys: identity.internalKeys,
    corsOrigins: proxy.corsOrigins,
    callerIdleMs: proxy.callerIdleMs,
    logger,
    countOutcome: (upstream, outcome) => outcomes.inc({ upstream, outcome }),
  };
}
