import type { Kind } from '../api/kinds.ts';
import type { KubernetesObject, ObjectRef, StackKey } from '../api/kubernetes.ts';
import type { LiveObject } from './live-object.ts';
import type { KubeMetrics } from './metrics.ts';
import type { KubeLogger } from './ports.ts';
import type { Syncable } from './syncable.ts';
import type { Transport } from './transport.ts';

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
   * older resourceVersion of the same uid, fires no change, and counts as verified. Returns what the cache holds now.
   */
  upsert(object: KubernetesObject): LiveObject;
  /** Forgets an object whose deletion the server has accepted for this uid; late events of that uid are ignored. */
  markRemoved(ref: ObjectRef, uid: string): void;
  /** The engine has compared `owned` with what it renders: frees the values, the hash stays. */
  verified(ref: ObjectRef): void;
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
}

/** Keys of the labels and annotations that the cache reads; they belong to the layer above. */
export interface CacheNames {
  readonly stackLabel: string;
  readonly appliedHashAnnotation: string;
  readonly identityAnnotation: string;
}

/** Holds nothing and talks to nobody until `start`. */
export declare function createObjectCache(options: ObjectCacheOptions): ObjectCache;
