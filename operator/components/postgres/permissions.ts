import type { PolicyRule } from '../../api/kubernetes.ts';
import { manage, storePermissions } from '../../objects/permissions.ts';

/** What Patroni needs of its own state: the operator can grant only what it holds itself. */
export const patroniStateVerbs = ['get', 'patch'];
export const patroniListVerbs = ['create', 'list', 'watch'];

/** What running PostgreSQL takes. */
export const permissions: readonly PolicyRule[] = [
  ...storePermissions,
  { apiGroups: [''], resources: ['serviceaccounts'], verbs: manage },
  // Patroni labels its own pod.
  { apiGroups: [''], resources: ['pods'], verbs: ['patch'] },
  { apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles', 'rolebindings'], verbs: manage },
];
