import type { KubernetesObject, StackKey } from '../api/kubernetes.ts';
import type { CompleteStack } from '../api/v1beta1/complete-stack.ts';
import type { EcommerceStackStatus } from '../api/v1beta1/ecommerce-stack.ts';
import type { SecretValues } from '../components/contract.ts';
import type { PauseMode } from '../objects/pause-mode.ts';
import type { StackMemory } from './memory.ts';
import type { EnginePorts } from './ports.ts';
import type { SecretStore } from './secret-store.ts';

/** Everything that the steps of one pass over one stack share. */
export interface Pass {
  readonly key: StackKey;
  readonly ports: EnginePorts;
  readonly memory: StackMemory;
  readonly secrets: SecretStore;
  /** The stack as the API server has it. */
  readonly object: KubernetesObject;
  readonly stack: CompleteStack;
  /** The status as we last wrote it. */
  readonly previous: EcommerceStackStatus;
  readonly pause: PauseMode;
  readonly signal: AbortSignal;
  /** Credential Secrets of this pass by name: components that share one must not both create it. */
  readonly credentials: Map<string, Promise<SecretValues | undefined>>;
  readonly counters: PassCounters;
}

/** For the one log line of the pass. */
export interface PassCounters {
  applied: number;
  repaired: number;
  pruned: number;
  steps: number;
  statusWrites: number;
}
