import { kinds } from '../../operator/api/kinds.ts';
import type { AnyComponent } from '../../operator/components/contract.ts';
import { createObjectCache, type ObjectCache } from '../../operator/kube/object-cache.ts';
import { createStackCache, type StackCache } from '../../operator/kube/stack-cache.ts';
import { annotations, fieldManager, labels, managedSelector } from '../../operator/objects/names.ts';
import { type Admin, silentLogger } from './admin.ts';

/** The operator's caches, with what it gives them. */
export interface Caches {
  readonly stacks: StackCache;
  readonly children: ObjectCache;
}

/** Caches for some namespaces (none: all) with the kinds of these components; they talk to nobody until started. */
export function createCaches(
  admin: Pick<Admin, 'transport' | 'metrics'>,
  namespaces: readonly string[],
  components: readonly AnyComponent[],
): Caches {
  const { transport, metrics } = admin;
  const common = { transport, namespaces, logger: silentLogger, metrics };
  const watched = new Set([kinds.Secret, kinds.PersistentVolumeClaim, ...components.flatMap((one) => one.kinds)]);
  const children = createObjectCache({
    ...common,
    kinds: [...watched],
    labelSelector: managedSelector,
    manager: fieldManager,
    names: {
      stackLabel: labels.stack,
      appliedHashAnnotation: annotations.appliedHash,
      identityAnnotation: annotations.identity,
    },
  });
  return { stacks: createStackCache({ ...common, kind: kinds.EcommerceStack }), children };
}
