import type { Kind } from '../api/kinds.ts';
import type { KubernetesObject } from '../api/kubernetes.ts';
import { delay } from './delay.ts';
import { ExpiredError, InvalidError } from './errors.ts';
import { listObjects } from './list-objects.ts';
import type { KubeMetrics } from './metrics.ts';
import { collectionPath, resourceName } from './paths.ts';
import type { KubeLogger } from './ports.ts';
import type { Transport } from './transport.ts';
import { isListEnd, isOlder, keyOf, toObject, versionOf } from './versions.ts';
import { WatchBackoff } from './watch-backoff.ts';
import { WatchHealth } from './watch-health.ts';
import { streamWatch, type WatchEvent } from './watch-stream.ts';

/** Where a reflector puts what it learns. Called in the order of the server's events. */
export interface ReflectorStore {
  /** The object exists like this; `initial` while the first list runs. */
  set(object: KubernetesObject, initial: boolean): void;
  delete(object: KubernetesObject): void;
  /** A list of this version is complete: what is not in it is gone. Keys are `namespace/name`. */
  retain(listed: ReadonlySet<string>, version: string): void;
  /** The server's history went back (a restored backup): forget all versions. */
  clear(): void;
}

export interface ReflectorOptions {
  readonly transport: Transport;
  readonly kind: Kind;
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly store: ReflectorStore;
  readonly logger: KubeLogger;
  readonly metrics: KubeMetrics;
  readonly timing?: ReflectorTiming;
}

/** Defaults are for production; tests shorten them. */
export interface ReflectorTiming {
  /** Without a byte for so long a watch is given up; bookmarks come every minute. */
  readonly silenceMs?: number;
  /** Factor on every backoff delay. */
  readonly backoffScale?: number;
  /** A connection that lived so long was healthy: its end is followed by a new one at once. */
  readonly healthyMs?: number;
}

const defaultTiming = { silenceMs: 150_000, backoffScale: 1, healthyMs: 10_000 } as const satisfies ReflectorTiming;
/** The server ends a watch after a random time in this range, so that they do not all end together; seconds. */
const watchSeconds = { least: 300, span: 300 } as const;

/**
 * Keeps a store equal to what the API server has of one kind: lists once (streamed where the server can), then watches
 * for ever. Every fault ends in another attempt; nothing but the signal stops it.
 */
export class Reflector {
  readonly #options: ReflectorOptions;
  readonly #resource: string;
  readonly #timing: Required<ReflectorTiming>;
  readonly #backoff: WatchBackoff;
  readonly #health: WatchHealth;
  readonly #synced = Promise.withResolvers<void>();
  #isSynced = false;
  #canStreamLists = true;
  /** Where the next watch begins; `undefined`: list first. */
  #resourceVersion: string | undefined;
  /** The newest version that the server has ever told us. */
  #newestVersion = '';
  #relistReason = 'start';

  constructor(options: ReflectorOptions) {
    this.#options = options;
    this.#resource = resourceName(options.kind);
    this.#timing = { ...defaultTiming, ...options.timing };
    this.#backoff = new WatchBackoff(Math.random, this.#timing.backoffScale);
    this.#health = new WatchHealth(this.#resource, options);
  }

  /** Resolves with the first complete list. */
  whenSynced(): Promise<void> {
    return this.#synced.promise;
  }

  /** What is wrong at the moment, for readiness and logs; `undefined` when nothing is. */
  problem(): string | undefined {
    return this.#health.problem();
  }

  /** Runs until the signal aborts; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const openedAt = performance.now();
      let error: unknown;
      try {
        await this.#connectOnce(signal);
      } catch (caught) {
        error = caught;
      }
      if (!signal.aborted) {
        await this.#recover(error, performance.now() - openedAt, signal);
      }
    }
  }

  async #connectOnce(signal: AbortSignal): Promise<void> {
    if (this.#resourceVersion === undefined && !this.#canStreamLists) {
      await this.#listPages(signal);
    }
    await (this.#resourceVersion === undefined ? this.#watchWithList(signal) : this.#watch(signal));
  }

  /** Decides where to go on and waits as long as the fault deserves. */
  async #recover(error: unknown, livedMs: number, signal: AbortSignal): Promise<void> {
    const wasHealthy = livedMs >= this.#timing.healthyMs;
    if (wasHealthy) {
      this.#backoff.reset();
    }
    if (error === undefined && wasHealthy) {
      return;
    }
    if (error instanceof InvalidError && this.#resourceVersion === undefined && this.#canStreamLists) {
      this.#canStreamLists = false;
      return;
    }
    const isExpired = error instanceof ExpiredError;
    if (isExpired) {
      this.#resourceVersion = undefined;
      this.#relistReason = 'expired';
    }
    const isOrdinary = isExpired && this.#backoff.failures === 0;
    const waitMs = this.#backoff.next(error);
    this.#health.failed(error ?? new Error('the server ended the watch at once'), isOrdinary ? 0 : waitMs);
    if (!isOrdinary) {
      await delay(waitMs, signal);
    }
  }

  async #listPages(signal: AbortSignal): Promise<void> {
    const { transport, kind } = this.#options;
    const listed = new Set<string>();
    const sink = {
      restart: () => listed.clear(),
      item: (item: KubernetesObject) => this.#take({ ...item }, listed),
    };
    this.#completeList(listed, await listObjects(transport, kind, { ...this.#scope(), signal }, sink));
  }

  /** One connection for list and watch: the objects come as events, a marked bookmark ends the list. */
  #watchWithList(signal: AbortSignal): Promise<void> {
    const listed = new Set<string>();
    const query = { sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan' };
    return this.#stream(query, signal, (event) => {
      if (this.#resourceVersion !== undefined) {
        this.#handle(event);
      } else if (event.type === 'BOOKMARK' && isListEnd(event.object)) {
        this.#completeList(listed, versionOf(event.object) ?? '');
        // The watch goes on for minutes, and would keep all names.
        listed.clear();
      } else if (event.type === 'DELETED') {
        listed.delete(keyOf(toObject(event.object)));
      } else if (event.type !== 'BOOKMARK') {
        this.#take(event.object, listed);
      }
    });
  }

  #watch(signal: AbortSignal): Promise<void> {
    return this.#stream({ resourceVersion: this.#resourceVersion ?? '' }, signal, (event) => this.#handle(event));
  }

  async #stream(
    parameters: Readonly<Record<string, string>>,
    signal: AbortSignal,
    onEvent: (event: WatchEvent) => void,
  ): Promise<void> {
    const { namespace, ...selector } = this.#scope();
    const query = new URLSearchParams({
      watch: 'true',
      allowWatchBookmarks: 'true',
      timeoutSeconds: String(watchSeconds.least + Math.floor(Math.random() * watchSeconds.span)),
      ...selector,
      ...parameters,
    });
    await streamWatch({
      transport: this.#options.transport,
      path: `${collectionPath(this.#options.kind, namespace)}?${query.toString()}`,
      resource: this.#resource,
      silenceMs: this.#timing.silenceMs,
      signal,
      onOpen: () => {
        if (this.#resourceVersion !== undefined) {
          this.#health.works();
        }
      },
      onEvent: (event) => {
        this.#health.received(event.type);
        onEvent(event);
      },
    });
  }

  #handle(event: WatchEvent): void {
    const { store } = this.#options;
    const version = versionOf(event.object) ?? this.#resourceVersion ?? '';
    if (event.type === 'BOOKMARK') {
      this.#assertForward(version);
    } else {
      this.#health.guard(() => {
        const object = toObject(event.object);
        return event.type === 'DELETED' ? store.delete(object) : store.set(object, false);
      });
    }
    this.#resourceVersion = version;
    this.#newestVersion = version;
  }

  #take(value: WatchEvent['object'], listed: Set<string>): void {
    this.#health.guard(() => {
      const object = toObject(value);
      listed.add(keyOf(object));
      this.#options.store.set(object, !this.#isSynced);
    });
  }

  #completeList(listed: ReadonlySet<string>, version: string): void {
    this.#assertForward(version);
    this.#options.store.retain(listed, version);
    this.#newestVersion = version;
    this.#resourceVersion = version;
    this.#isSynced = true;
    this.#health.listed(this.#relistReason);
    this.#synced.resolve();
  }

  /** A restored backup of etcd starts again at an old version: everything we know is worth nothing then. */
  #assertForward(version: string): void {
    if (isOlder(version, this.#newestVersion)) {
      this.#options.store.clear();
      this.#newestVersion = '';
      throw new ExpiredError('the resourceVersion went back, so the history of the cluster has changed', {
        status: 0,
        reason: 'WentBack',
        operation: `watch ${this.#resource}`,
      });
    }
  }

  #scope(): { readonly namespace?: string; readonly labelSelector?: string } {
    const { namespace, labelSelector } = this.#options;
    return {
      ...(namespace === undefined ? {} : { namespace }),
      ...(labelSelector === undefined ? {} : { labelSelector }),
    };
  }
}
