import { ExpiredError, KubeError } from './errors.ts';
import type { KubeMetrics } from './metrics.ts';
import type { KubeLogger } from './ports.ts';

/** Keeps whether one watch works, tells it to `/readyz`, and logs the begin and the end of an outage, once each. */
export class WatchHealth {
  readonly #resource: string;
  readonly #logger: KubeLogger;
  readonly #metrics: KubeMetrics;
  #isSynced = false;
  #trouble: { readonly sinceMs: number; readonly error: unknown } | undefined;

  constructor(resource: string, options: { readonly logger: KubeLogger; readonly metrics: KubeMetrics }) {
    this.#resource = resource;
    this.#logger = options.logger;
    this.#metrics = options.metrics;
  }

  /** A sentence for a human; `undefined` when all is well. */
  problem(): string | undefined {
    if (this.#trouble !== undefined) {
      const seconds = Math.round((performance.now() - this.#trouble.sinceMs) / 1000);
      return `${this.#resource}: no connection for ${seconds} s: ${messageOf(this.#trouble.error)}`;
    }
    return this.#isSynced ? undefined : `${this.#resource}: not listed yet`;
  }

  /** A list or watch failed; an expired version is ordinary and only counted. */
  failed(error: unknown, retryInMs: number): void {
    this.#metrics.informerErrors.inc({ resource: this.#resource, reason: reasonOf(error) });
    const fields = { resource: this.#resource, error: messageOf(error), retryInMs: Math.round(retryInMs) };
    if (this.#trouble !== undefined) {
      this.#trouble = { ...this.#trouble, error };
      this.#logger.debug(fields, 'watch still broken');
    } else if (!(error instanceof ExpiredError)) {
      this.#trouble = { sinceMs: performance.now(), error };
      this.#logger.warn(fields, 'watch broken');
    }
  }

  /** One object that our code cannot digest must not stop the others. */
  guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#metrics.informerErrors.inc({ resource: this.#resource, reason: 'Handler' });
      this.#logger.error({ err: error, resource: this.#resource }, 'a change was not taken into the cache');
    }
  }

  received(type: string): void {
    this.#metrics.informerEvents.inc({ resource: this.#resource, type });
    this.#metrics.informerLastEvent.set({ resource: this.#resource }, Date.now() / 1000);
  }

  listed(reason: string): void {
    this.#isSynced = true;
    this.#metrics.informerRelists.inc({ resource: this.#resource, reason });
    this.#metrics.informerLastSync.set({ resource: this.#resource }, Date.now() / 1000);
    this.works();
  }

  /** The server answers and the store is being kept up to date. */
  works(): void {
    if (this.#trouble !== undefined) {
      const outageMs = Math.round(performance.now() - this.#trouble.sinceMs);
      this.#trouble = undefined;
      this.#logger.info({ resource: this.#resource, outageMs }, 'watch works again');
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function reasonOf(error: unknown): string {
  return error instanceof KubeError ? error.reason : 'Ended';
}
