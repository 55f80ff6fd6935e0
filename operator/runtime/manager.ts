import type { KubeLogger } from '../kube/ports.ts';
import type { Syncable } from '../kube/syncable.ts';
import type { Clock } from './clock.ts';
import type { Controller } from './controller.ts';
import type { HealthServer } from './health-server.ts';
import type { Leadership } from './leadership.ts';
import type { RuntimeMetrics } from './metrics.ts';
import { settlesWithin } from './settles-within.ts';

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

/** Does nothing until `run`. */
export function createManager(options: ManagerOptions): Manager {
  return new OrderedManager(options);
}

const defaultSyncTimeoutMs = 60_000;
const defaultStopTimeoutMs = 25_000;
/** Of the stop time, kept for what comes after the passes: aborting them, flushing events, releasing leadership. */
const stopReserveMs = 10_000;
const flushMs = 3_000;
const releaseMs = 1_000;

class OrderedManager implements Manager {
  readonly #options: ManagerOptions;
  readonly #stopCaches = new AbortController();
  #state: 'starting' | 'synced' | 'stopping' = 'starting';

  constructor(options: ManagerOptions) {
    this.#options = options;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { logger, leadership, metrics } = this.#options;
    const health = this.#options.health?.({ liveness: () => this.liveness(), readiness: () => this.readiness() });
    const leaderLabels = { name: leadership.identity };
    metrics.leaderStatus.set(leaderLabels, 0);
    let caches: Promise<void> = Promise.resolve();
    let failure: Error | undefined;
    try {
      await health?.start();
      caches = this.#runCaches();
      await Promise.race([this.#lead(signal, leaderLabels), caches, resolveOnAbort(signal)]);
    } catch (error) {
      failure = signal.aborted ? undefined : toError(error);
    }
    if (failure === undefined && !signal.aborted) {
      failure = new Error('a cache or controller ended by itself');
    }
    logger.info({ reason: failure === undefined ? 'signal' : String(failure) }, 'stopping');
    await this.#stop(leaderLabels);
    await Promise.allSettled([caches]);
    await health?.stop();
    if (failure !== undefined) {
      throw failure;
    }
  }

  readiness(): string | undefined {
    if (this.#state === 'stopping') {
      return 'the operator is stopping';
    }
    const problems = this.#options.caches.flatMap((cache) => cache.problems());
    if (problems.length > 0) {
      return problems.join('; ');
    }
    return this.#state === 'synced' ? undefined : 'the caches are not filled yet';
  }

  liveness(): string | undefined {
    const problems = this.#options.controllers.flatMap((controller) => controller.problem() ?? []);
    return problems.length === 0 ? undefined : problems.join('; ');
  }

  async #runCaches(): Promise<void> {
    await Promise.all(this.#options.caches.map((cache) => cache.start(this.#stopCaches.signal)));
  }

  /** Waits for the caches and for leadership, then works until something ends it. */
  async #lead(signal: AbortSignal, leaderLabels: { readonly name: string }): Promise<void> {
    const { logger, leadership, metrics, controllers } = this.#options;
    await this.#sync(signal);
    logger.info({ identity: leadership.identity }, 'caches filled, waiting for leadership');
    await leadership.acquire(signal);
    metrics.leaderStatus.set(leaderLabels, 1);
    logger.info({ identity: leadership.identity }, 'leading');
    await this.#options.onLeading?.(AbortSignal.any([signal, leadership.lost]));
    const lost = rejectOnAbort(leadership.lost, () => new Error('leadership was lost'));
    await Promise.race([Promise.all(controllers.map((controller) => controller.run())), lost]);
  }

  async #sync(signal: AbortSignal): Promise<void> {
    const { caches, clock, syncTimeoutMs = defaultSyncTimeoutMs } = this.#options;
    const synced = Promise.all(caches.map((cache) => cache.whenSynced(signal)));
    if (!(await settlesWithin(synced, syncTimeoutMs, clock))) {
      const problems = caches.flatMap((cache) => cache.problems()).join('; ');
      throw new Error(`the caches are not filled after ${syncTimeoutMs} ms: ${problems}`);
    }
    this.#state = 'synced';
  }

  /** In the opposite order of the start; each step has a limit, so that the whole ends before the pod is killed. */
  async #stop(leaderLabels: { readonly name: string }): Promise<void> {
    const { controllers, leadership, metrics, stopTimeoutMs = defaultStopTimeoutMs } = this.#options;
    this.#state = 'stopping';
    // A process that is no longer the leader must not finish its passes: somebody else has begun them.
    const graceMs = leadership.lost.aborted ? 0 : Math.max(0, stopTimeoutMs - stopReserveMs);
    await Promise.allSettled(controllers.map((controller) => controller.stop(graceMs)));
    await this.#attempt('flush', flushMs, (signal) => this.#options.onStopping?.(signal));
    await this.#attempt('release of leadership', releaseMs, () => leadership.release());
    metrics.leaderStatus.set(leaderLabels, 0);
    this.#stopCaches.abort(new Error('the operator stops'));
  }

  async #attempt(
    step: string,
    limitMs: number,
    action: (signal: AbortSignal) => Promise<void> | undefined,
  ): Promise<void> {
    const { logger, clock } = this.#options;
    const limit = new AbortController();
    const cancel = clock.after(limitMs, () => limit.abort(new Error(`${step} took longer than ${limitMs} ms`)));
    try {
      await Promise.race([action(limit.signal), rejectOnAbort(limit.signal, () => limit.signal.reason)]);
    } catch (error) {
      logger.warn({ err: error, step }, 'a step of the stop failed');
    } finally {
      cancel();
    }
  }
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

function resolveOnAbort(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
    }
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function rejectOnAbort(signal: AbortSignal, reason: () => unknown): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) {
      reject(reason());
    }
    signal.addEventListener('abort', () => reject(reason()), { once: true });
  });
}
