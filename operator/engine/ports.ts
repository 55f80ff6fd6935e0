import type { KubernetesObject, ObjectRef, StackKey } from '../api/kubernetes.ts';
import type { InstallationDefaults } from '../api/v1beta1/complete.ts';
import type { EventReason } from '../api/v1beta1/conditions.ts';
import type { AnyComponent } from '../components/contract.ts';
import type { KubeClient } from '../kube/kube-client.ts';
import type { LiveObject } from '../kube/live-object.ts';

/** What the engine needs of the world; `main.ts` gives the real ones, tests their own. */
export interface EnginePorts {
  readonly kube: KubeClient;
  readonly children: ChildCache;
  readonly stacks: StackStore;
  readonly events: EventSink;
  readonly metrics: EngineMetrics;
  readonly components: readonly AnyComponent[];
  readonly installation: InstallationDefaults;
  readonly operatorVersion: string;
  /**
   * The finalizer protocol: puts the finalizer on a living object; on one that is being deleted runs `action` and takes
   * it off again. `action` must be idempotent.
   */
  finalize(object: KubernetesObject, finalizer: string, action: () => Promise<void>): Promise<void>;
  /** Asks for another pass over this stack. */
  wake(key: StackKey): void;
  /** Wall clock, for times in the status. */
  now(): Date;
}

/** Live children of all stacks, fed by watches and by the answers to our own writes. */
export interface ChildCache {
  get(ref: ObjectRef): LiveObject | undefined;
  listByStack(namespace: string, stack: string): readonly LiveObject[];
  /** Takes the server's answer to a write, so that this pass sees it before the watch does. */
  upsert(object: KubernetesObject): LiveObject;
  /** The owned values of this object have been compared; they need not be kept. */
  verified(ref: ObjectRef): void;
  /** Nobody will look at this stack's objects for some seconds. */
  rest(namespace: string, stack: string): void;
}

/** The stacks themselves, whole. */
export interface StackStore {
  get(key: StackKey): KubernetesObject | undefined;
  upsert(object: KubernetesObject): void;
}

/** Takes Kubernetes Events about a stack; never blocks and never fails. */
export interface EventSink {
  emit(stack: KubernetesObject, event: { type: 'Normal' | 'Warning'; reason: EventReason; message: string }): void;
}

export interface EngineMetrics {
  driftCorrected(kind: string): void;
  stackObserved(key: StackKey, summary: StackSummary): void;
  stackForgotten(key: StackKey): void;
}

/** What the metrics of a stack are made of. */
export interface StackSummary {
  readonly isReady: boolean;
  readonly components: readonly { readonly name: string; readonly isReady: boolean }[];
  readonly conditions: readonly { readonly type: string; readonly status: string }[];
}
