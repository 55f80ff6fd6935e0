import type { Kind } from '../api/kinds.ts';
import type { KubernetesObject, StackKey } from '../api/kubernetes.ts';
import { FullObjectStore, stackKeyOf } from './full-object-store.ts';
import { Listeners } from './listeners.ts';
import type { KubeMetrics } from './metrics.ts';
import { resourceName } from './paths.ts';
import type { KubeLogger } from './ports.ts';
import { Reflector, type ReflectorTiming } from './reflector.ts';
import type { Syncable } from './syncable.ts';
import type { Transport } from './transport.ts';
import { namespaceOf, scopesOf, WatchSet } from './watch-set.ts';

/** The full stacks (spec and status), without `managedFields` and the last-applied annotation. */
export interface StackCache extends Syncable {
  get(key: StackKey): KubernetesObject | undefined;
  /** Keys of all stacks, sorted. */
  keys(): readonly StackKey[];
  /**
   * Takes the response of a write to a stack that is here; never goes back to an older resourceVersion. Fires when it
   * shows a change that `onChange` is for: a user may have been a moment faster than the write.
   */
  upsert(object: KubernetesObject): void;
  /**
   * Called when a stack appears or goes, or when its generation, labels, annotations or deletionTimestamp differ:
   * never for a change of status alone.
   */
  onChange(listener: StackListener): () => void;
}

export type StackListener = (key: StackKey, change: StackChange) => void;

export interface StackChange {
  readonly type: 'added' | 'changed' | 'removed';
  readonly differs: readonly ('generation' | 'labels' | 'annotations' | 'deletion')[];
  /** Part of the first list after a start. */
  readonly initial: boolean;
}

export interface StackCacheOptions {
  readonly transport: Transport;
  readonly kind: Kind;
  /** Empty or absent: all namespaces. */
  readonly namespaces?: readonly string[];
  readonly logger: KubeLogger;
  readonly metrics: KubeMetrics;
  readonly timing?: ReflectorTiming;
}

/** Holds nothing and talks to nobody until `start`. */
export function createStackCache(options: StackCacheOptions): StackCache {
  return new FullObjectCache(options);
}

class FullObjectCache implements StackCache {
  readonly name = 'stacks';
  readonly #watches: WatchSet;
  readonly #stores: readonly FullObjectStore[];
  readonly #listeners: Listeners<[StackKey, StackChange]>;

  constructor(options: StackCacheOptions) {
    const { kind, metrics } = options;
    const resource = resourceName(kind);
    this.#listeners = new Listeners('stacks', options.logger);
    const scoped = scopesOf(options.namespaces).map((namespace) => ({
      namespace,
      store: new FullObjectStore({
        onChange: (key, change) => this.#listeners.call(key, change),
        onSize: (delta) => metrics.cacheObjects.inc({ resource }, delta),
        onDropped: () => metrics.informerDropped.inc({ resource }),
      }),
    }));
    this.#stores = scoped.map(({ store }) => store);
    this.#watches = new WatchSet(
      scoped.map(({ namespace, store }) => new Reflector({ ...options, ...namespaceOf(namespace), store })),
    );
  }

  start(signal: AbortSignal): Promise<void> {
    return this.#watches.start(signal);
  }

  whenSynced(signal?: AbortSignal): Promise<void> {
    return this.#watches.whenSynced(signal);
  }

  problems(): readonly string[] {
    return this.#watches.problems();
  }

  get(key: StackKey): KubernetesObject | undefined {
    return this.#stores.find((store) => store.has(key))?.get(key);
  }

  keys(): readonly StackKey[] {
    return this.#stores.flatMap((store) => store.keys()).sort();
  }

  upsert(object: KubernetesObject): void {
    this.#stores.find((store) => store.has(stackKeyOf(object)))?.upsert(object);
  }

  onChange(listener: StackListener): () => void {
    return this.#listeners.add(listener);
  }
}
