/** Connections to the services. */

import { Gauge, type Registry } from 'prom-client';
import type { Dispatcher } from 'undici';
import type { Admission } from '#chassis/admission/admission.ts';
import type { Admissions } from '#chassis/admission/open-admissions.ts';
import { Pool } from '#chassis/http/undici.ts';
import type { Metrics } from '#chassis/metrics.ts';
import type { UpstreamName } from '#contracts/services.ts';
import { type Breaker, createBreaker } from './breaker.ts';
import { createRetryBudget, type RetryBudget } from './retry-budget.ts';
import { shareAnswers } from './shared-answers.ts';

export interface UpstreamSettings {
  readonly connectTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly connections: number;
  /** How long guests share what a service calls public; 0: never. */
  readonly cacheMaxAgeMs: number;
}

export interface UpstreamTools {
  readonly metrics: Metrics;
  readonly admissions: Admissions;
  readonly maxWaitMs: number;
}

/** A service behind the gateway. */
export interface Upstream {
  readonly pool: Pool;
  /** The same, and before it what guests were told a moment ago. */
  readonly shared: Dispatcher;
  readonly breaker: Breaker;
  /** As many requests at a time as there are connections: a slow service holds up none of the others. */
  readonly admission: Admission;
  readonly retries: RetryBudget;
}

export interface Upstreams {
  /** Nothing when the service is not deployed. */
  of(name: UpstreamName): Upstream | undefined;
  /** Those that are deployed. */
  readonly names: readonly UpstreamName[];
  close(): Promise<void>;
}

/** Below the services' own 65 s, so that it is always we who close an idle connection. */
const keepAliveMs = 30_000;
/** A Service spreads connections, not requests: renewing them lets new pods have their share. */
const connectionLifetimeMs = 60_000;

/** One pool per origin in `origins`; nothing is connected yet. */
export function openUpstreams(
  origins: Readonly<Partial<Record<UpstreamName, string | undefined>>>,
  settings: UpstreamSettings,
  { metrics, admissions, maxWaitMs }: UpstreamTools,
): Upstreams {
  const upstreams = new Map<string, Upstream>();
  for (const [name, origin] of Object.entries(origins)) {
    if (origin === undefined) continue;
    const pool = new Pool(origin, {
      connections: settings.connections,
      pipelining: 1,
      connect: { timeout: settings.connectTimeoutMs },
      bodyTimeout: settings.idleTimeoutMs,
      keepAliveTimeout: keepAliveMs,
      keepAliveMaxTimeout: keepAliveMs,
      clientTtl: connectionLifetimeMs,
    });
    upstreams.set(name, {
      pool,
      shared: shareAnswers(pool, settings.cacheMaxAgeMs),
      breaker: createBreaker(() => performance.now()),
      retries: createRetryBudget(),
      admission: admissions.open(name, { concurrency: settings.connections, maxWaitMs }),
    });
  }
  observeBreakers(metrics.registry, upstreams);
  return {
    of: (name) => upstreams.get(name),
    names: [...upstreams.keys()] as UpstreamName[], // the keys of `origins`
    close: async () => {
      await Promise.all([...upstreams.values()].map(({ pool }) => pool.close()));
    },
  };
}

function observeBreakers(registry: Registry, upstreams: ReadonlyMap<string, Upstream>): void {
  new Gauge({
    name: 'gateway_breaker_open',
    help: 'Whether a service is left alone because it failed too often: 1, also while single requests try it.',
    labelNames: ['upstream'],
    registers: [registry],
    collect() {
      for (const [upstream, { breaker }] of upstreams) this.set({ upstream }, breaker.isOpen ? 1 : 0);
    },
  });
}
