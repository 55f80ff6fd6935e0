/** Connections to the services. */
import { Pool } from 'undici';
import type { UpstreamName } from '#contracts/services.ts';

export interface UpstreamSettings {
  readonly connectTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly connections: number;
}

export interface Upstreams {
  /** The pool of a service; nothing when it is not deployed. */
  of(name: UpstreamName): Pool | undefined;
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
): Upstreams {
  const pools = new Map<string, Pool>();
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
    pools.set(name, pool);
  }
  return {
    of: (name) => pools.get(name),
    close: async () => {
      await Promise.all([...pools.values()].map((pool) => pool.close()));
    },
  };
}
