import type { CompleteStack } from '../api/v1beta1/complete-stack.ts';
import { annotations } from './names.ts';

/** `all`: only the status is written. `rollouts`: healing goes on, workloads keep their templates. */
export type PauseMode = 'none' | 'rollouts' | 'all';

/** What the annotation `ecommerce.stack/pause` asks for; a word that it does not know is no pause. */
export function pauseMode(stack: Pick<CompleteStack, 'annotations'>): PauseMode {
  const value = stack.annotations[annotations.pause];
  return value === 'all' || value === 'rollouts' ? value : 'none';
}
