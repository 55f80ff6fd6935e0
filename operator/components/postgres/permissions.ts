import type { PolicyRule } from '../../api/kubernetes.ts';

const manage = ['create', 'delete', 'get', 'list', 'patch', 'watch'];

/** What Patroni needs of its own state: the operator can grant only what it holds itself. */
export const patroniStateVerbs = ['get', 'patch'];
export const patroniListVerbs = ['create', 'list', 'watch'];

/** What running PostgreSQL takes. */
export const permissions: readonly PolicyRule[] = [
  { apiGroups: [''], resources: ['configmaps', 'secrets', 'services', 'serviceaccounts'], verbs: manage },
  { apiGroups: [''], resources: ['pods'], verbs: ['delete', 'get', 'list', 'patch', 'watch'] },
  { apiGroups: [''], resources: ['persistentvolumeclaims'], verbs: ['get', 'list', 'patch', 'watch'] },
  { apiGroups: ['apps'], resources: ['statefulsets'], verbs: manage },
  { apiGroups: ['policy'], resources: ['poddisruptionbudgets'], verbs: manage },
  { apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles', 'rolebindings'], verbs: manage },
];
