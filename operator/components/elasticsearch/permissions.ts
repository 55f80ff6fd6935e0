import type { PolicyRule } from '../../api/kubernetes.ts';

const manage = ['create', 'delete', 'get', 'list', 'patch', 'watch'];

/** What running Elasticsearch takes. */
export const permissions: readonly PolicyRule[] = [
  { apiGroups: [''], resources: ['configmaps', 'secrets', 'services'], verbs: manage },
  // The operator restarts pods one by one by deleting them.
  { apiGroups: [''], resources: ['pods'], verbs: ['delete', 'get', 'list', 'watch'] },
  // Claims are made by the StatefulSet; the operator lets them grow.
  { apiGroups: [''], resources: ['persistentvolumeclaims'], verbs: ['get', 'list', 'patch', 'watch'] },
  { apiGroups: ['apps'], resources: ['statefulsets'], verbs: manage },
  { apiGroups: ['policy'], resources: ['poddisruptionbudgets'], verbs: manage },
];
