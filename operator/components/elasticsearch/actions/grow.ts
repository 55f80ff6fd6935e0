import { growVolumes } from '../../../objects/grow-volumes.ts';
import type { Action } from '../../contract.ts';
import type { Observed } from '../observed.ts';

export const grow: Action<Observed> = growVolumes({
  claims: (observed) => (observed.mode === 'Builtin' ? observed.claims : []),
  size: (stack) => stack.elasticsearch.storage.size,
});
