import type { PolicyRule } from '../api/kubernetes.ts';

/** All that the operator does with objects that it makes. */
export const manage = ['create', 'delete', 'get', 'list', 'patch', 'watch'];

/** What running a store as a StatefulSet takes. */
export const storePermissions: readonly PolicyRule[] = [
  { apiGroups: [''], resources: ['configmaps', 'secrets', 'services'], verbs: manage },
  // The operator restarts pods one by one by deleting them.
  { apiGroups: [''], resources: ['pods'], verbs: ['delete', 'get', 'list', 'watch'] },
  // Claims are made by the StatefulSet; the operator lets them grow.
  { apiGroups: [''], resources: ['persistentvolumeclaims'], verbs: ['get', 'list', 'patch', 'watch'] },
  { apiGroups: ['apps'], resources: ['statefulsets'], verbs: manage },
  { apiGroups: ['policy'], resources: ['poddisruptionbudgets'], verbs: manage },
];
