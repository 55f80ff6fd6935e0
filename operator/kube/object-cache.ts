import type { Kind } from '../api/kinds.ts';
import type { KubernetesObject, ObjectRef, StackKey } from '../api/kubernetes.ts';
import { Listeners } from './listeners.ts';
import type { LiveObject } from './live-object.ts';
import type { KubeMetrics } from './metrics.ts';
import { ObjectTable } from './object-table.ts';
import { resourceName } from './paths.ts';
import type { KubeLogger } from './ports.ts';
import { Reflector, type ReflectorTiming } from './reflector.ts';
import { StringPool } from './strings.ts';
import type { Syncable } from './syncable.ts';
import type { Transport } from './transport.ts';
import { namespaceOf, scopesOf, WatchSet } from './watch-set.ts';

/**
 * The children of every stack as the API server last told us, as projections: the only thing a pass reads. One watch
 * per kind and namespace, limited by a label selector, that recovers by itself from every fault.
 */
export interface ObjectCache extends Syncable {
  /** The object, also while it is being deleted; `undefined` when it does not exist or lacks our labels. */
  get(ref: ObjectRef): LiveObject | undefined;
  /** All objects labelled with this stack, sorted by kind and name. */
  listByStack(namespace: string, stack: string): readonly LiveObject[];
  /**
   * Takes the response of an apply, create or patch, so that the same pass reads its own writes. Never goes back to an
   * older resourceVersion of the same uid and counts as verified. Fires no change for what the write itself did, but
   * does for what others did just before it. Returns what the cache holds now.
   */
  upsert(object: KubernetesObject): LiveObject;
  /** Forgets an object whose deletion the server has accepted for this uid; late events of that uid are ignored. */
  markRemoved(ref: ObjectRef, uid: string): void;
  /** The engine has compared `owned` with what it renders: frees the values, the hash stays. */
  verified(ref: ObjectRef): void;
  /**
   * Nobody will look at the objects of this stack for some seconds: they are kept compressed until somebody does, or an
   * event tells of one of them. Nothing else can be seen of it.
   */
  rest(namespace: string, stack: string): void;
  /**
   * Called after the cache has changed, only when the owned hash, the projected status, deletion or existence differ.
   * A listener that throws is logged and harms nobody else. Returns a function that removes the listener.
   */
  onChange(listener: ObjectListener): () => void;
}

/** `stack` is the stack that the object's label names, whether or not such a stack exists. */
export type ObjectListener = (stack: StackKey, change: ObjectChange) => void;

export interface ObjectChange {
  readonly ref: ObjectRef;
  readonly type: 'added' | 'changed' | 'removed';
  /** What differs of a `changed` object; empty for the other types. */
  readonly differs: readonly ('owned' | 'status' | 'deletion' | 'metadata')[];
  /** Part of the first list after a start: every object is `added` once. */
  readonly initial: boolean;
}

export interface ObjectCacheOptions {
  readonly transport: Transport;
  readonly kinds: readonly Kind[];
  /** e.g. `app.kubernetes.io/managed-by=ecommerce-operator`. */
  readonly labelSelector: string;
  /** Empty or absent: all namespaces. */
  readonly namespaces?: readonly string[];
  /** Field manager whose applied fields are hashed. */
  readonly manager: string;
  readonly names: CacheNames;
  readonly logger: KubeLogger;
  readonly metrics: KubeMetrics;
  readonly timing?: ReflectorTiming;
}

/** Keys of the labels and annotations that the cache reads; they belong to the layer above. */
export interface CacheNames {
  readonly stackLabel: string;
  readonly appliedHashAnnotation: string;
  readonly identityAnnotation: string;
}

/** Holds nothing and talks to nobody until `start`. */
export function createObjectCache(options: ObjectCacheOptions): ObjectCache {
  return new ProjectionCache(options);
}

class ProjectionCache implements ObjectCache {
  readonly name = 'children';
  readonly #watches: WatchSet;
  readonly #table: ObjectTable;
  readonly #listeners: Listeners<[StackKey, ObjectChange]>;

  constructor(options: ObjectCacheOptions) {
    const { kinds, manager, names, metrics } = options;
    this.#listeners = new Listeners('children', options.logger);
    this.#table = new ObjectTable(kinds, scopesOf(options.namespaces), {
      rules: { manager, names, pool: new StringPool() },
      events: {
        onChange: (stack, change) => this.#listeners.call(stack, change),
        onSize: (kind, delta) => metrics.cacheObjects.inc({ resource: resourceName(kind) }, delta),
        onDropped: (kind) => metrics.informerDropped.inc({ resource: resourceName(kind) }),
      },
    });
    this.#watches = new WatchSet(
      this.#table.stores.map(
        ({ kind, namespace, store }) => new Reflector({ ...options, ...namespaceOf(namespace), kind, store }),
      ),
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

  get(ref: ObjectRef): LiveObject | undefined {
    return this.#table.get(ref);
  }

  listByStack(namespace: string, stack: string): readonly LiveObject[] {
    return this.#table.listByStack(namespace, stack);
  }

  upsert(object: KubernetesObject): LiveObject {
    return this.#table.upsert(object);
  }

  markRemoved(ref: ObjectRef, uid: string): void {
    this.#table.markRemoved(ref, uid);
  }

  verified(ref: ObjectRef): void {
    this.#table.verified(ref);
  }

  rest(namespace: string, stack: string): void {
    this.#table.rest(namespace, stack);
  }

  onChange(listener: ObjectListener): () => void {
    return this.#listeners.add(listener);
  }
}
