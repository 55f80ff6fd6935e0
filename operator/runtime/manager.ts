import type { KubeLogger } from '../kube/ports.ts';
import type { Syncable } from '../kube/syncable.ts';
import type { Clock } from './clock.ts';
import type { Controller } from './controller.ts';
import type { HealthServer } from './health-server.ts';
import type { Leadership } from './leadership.ts';
import type { RuntimeMetrics } from './metrics.ts';

/**
 * Starts the parts in order and stops them in the opposite one. Start: health server, caches (also without
 * leadership: a warm standby), leadership, `onLeading`, controllers. Stop: readiness off, controllers drained,
 * `onStopping`, leadership released, caches, health server.
 */
export interface Manager {
  /**
   * Runs until `signal` aborts (resolves), or rejects when the caches do not sync in time, leadership is lost or a
   * part fails: the process should then exit with a code other than 0.
   */
  run(signal: AbortSignal): Promise<void>;
  /** For `/readyz`: why not ready, `undefined` when caches are synced and the process is not stopping. */
  readiness(): string | undefined;
  /** For `/livez`: stuck controllers. */
  liveness(): string | undefined;
}

export interface ManagerOptions {
  readonly caches: readonly Syncable[];
  readonly controllers: readonly Controller[];
  readonly leadership: Leadership;
  /** Gets the checks `caches` and `controllers` of this manager. */
  readonly health?: (checks: ManagerChecks) => HealthServer;
  /** Once leading and synced, before the controllers: enqueue everything. */
  readonly onLeading?: (signal: AbortSignal) => Promise<void>;
  /** After the controllers, before leadership is released: flush events. */
  readonly onStopping?: (signal: AbortSignal) => Promise<void>;
  /** 60,000 when absent. */
  readonly syncTimeoutMs?: number;
  /** Time for everything after the stop signal; 25,000 when absent. */
  readonly stopTimeoutMs?: number;
  readonly logger: KubeLogger;
  readonly clock: Clock;
  readonly metrics: RuntimeMetrics;
}

export interface ManagerChecks {
  readonly liveness: () => string | undefined;
  readonly readiness: () => string | undefined;
}

export declare function createManager(options: ManagerOptions): Manager;
