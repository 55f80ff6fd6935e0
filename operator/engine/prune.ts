import { type ObjectRef, refKey } from '../api/kubernetes.ts';
import type { LiveObject } from '../kube/live-object.ts';
import { labels } from '../objects/names.ts';
import type { StackMemory } from './memory.ts';
import type { EnginePorts } from './ports.ts';

/**
 * Which live objects nobody asks for any more. Only what this very stack controls (owner uid) and what is not data:
 * pods belong to their controllers, claims and credentials outlive the stack.
 */
export function selectPrunable(
  children: readonly LiveObject[],
  stackUid: string,
  wanted: ReadonlySet<string>,
): readonly LiveObject[] {
  return children.filter(
    (live) =>
      live.ownerUid === stackUid &&
      !live.deleting &&
      live.labels[labels.retention] !== 'data' &&
      !wanted.has(refKey(live.ref)),
  );
}

/** Deletes them, each guarded by its uid, and forgets what was expected of them. */
export async function pruneObjects(
  ports: EnginePorts,
  memory: StackMemory,
  prunable: readonly LiveObject[],
): Promise<void> {
  await Promise.all(
    prunable.map(async ({ ref, uid }) => {
      await ports.kube.remove(ref, { uid, propagation: 'Background' });
      memory.expected.delete(refKey(ref));
    }),
  );
}

/** Keys of everything that must stay. */
export function wantedKeys(refs: readonly ObjectRef[]): ReadonlySet<string> {
  return new Set(refs.map(refKey));
}
