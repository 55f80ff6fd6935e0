import type { KubernetesObject, ObjectRef } from '../api/kubernetes.ts';
import type { KubeClient } from './kube-client.ts';
import type { KubeMetrics } from './metrics.ts';
import type { KubeLogger } from './ports.ts';

/**
 * Writes `events.k8s.io/v1` Events in the background. Equal events of ten minutes become one series; each object may
 * send 25 at once and then one per 5 minutes (client-go's spam filter). Never blocks and never fails a pass.
 */
export interface EventRecorder<Reason extends string> {
  record(event: RecordedEvent<Reason>): void;
  /** Sends what is queued and the counts of open series; resolves also when that fails or `signal` aborts. */
  flush(signal?: AbortSignal): Promise<void>;
  /** `flush`, then drops everything that comes after. */
  stop(signal?: AbortSignal): Promise<void>;
}

export interface RecordedEvent<Reason extends string> {
  /** The object that the event is about: needs its uid. */
  readonly regarding: KubernetesObject;
  readonly related?: ObjectRef;
  readonly type: 'Normal' | 'Warning';
  /** CamelCase, from the caller's fixed list. */
  readonly reason: Reason;
  /** CamelCase verb of what the operator did, e.g. `Apply`. */
  readonly action: string;
  /** A sentence for a human; cut at 1,024 characters, the server's limit. */
  readonly note: string;
}

export interface EventRecorderOptions {
  readonly client: KubeClient;
  /** e.g. `ecommerce.stack/operator`. */
  readonly controller: string;
  /** Name of the pod or host. */
  readonly instance: string;
  readonly logger: KubeLogger;
  readonly metrics: KubeMetrics;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

export declare function createEventRecorder<Reason extends string>(
  options: EventRecorderOptions,
): EventRecorder<Reason>;
