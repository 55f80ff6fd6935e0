import type { Kind } from '../api/kinds.ts';
import type { KubernetesObject, StackKey } from '../api/kubernetes.ts';
import type { KubeMetrics } from './metrics.ts';
import type { KubeLogger } from './ports.ts';
import type { Syncable } from './syncable.ts';
import type { Transport } from './transport.ts';

/** The full stacks (spec and status), without `managedFields` and the last-applied annotation. */
export interface StackCache extends Syncable {
  get(key: StackKey): KubernetesObject | undefined;
  /** Keys of all stacks, sorted. */
  keys(): readonly StackKey[];
  /** Takes the response of a write (status, finalizers); never goes back to an older resourceVersion; fires nothing. */
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
}

/** Holds nothing and talks to nobody until `start`. */
export declare function createStackCache(options: StackCacheOptions): StackCache;
