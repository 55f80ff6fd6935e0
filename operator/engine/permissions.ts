import type { PolicyRule } from '../api/kubernetes.ts';

/** What the engine itself needs, whatever the components are; the chart's RBAC is this and theirs together. */
export const enginePermissions: readonly PolicyRule[] = [
  { apiGroups: ['ecommerce.stack'], resources: ['ecommercestacks'], verbs: ['get', 'list', 'patch', 'watch'] },
  { apiGroups: ['ecommerce.stack'], resources: ['ecommercestacks/status'], verbs: ['get', 'patch'] },
  // blockOwnerDeletion on children asks for it where the admission plugin OwnerReferencesPermissionEnforcement runs.
  { apiGroups: ['ecommerce.stack'], resources: ['ecommercestacks/finalizers'], verbs: ['update'] },
  { apiGroups: [''], resources: ['secrets'], verbs: ['create', 'delete', 'get', 'list', 'patch', 'watch'] },
  { apiGroups: [''], resources: ['persistentvolumeclaims'], verbs: ['delete', 'get', 'list', 'watch'] },
  { apiGroups: ['events.k8s.io'], resources: ['events'], verbs: ['create', 'patch'] },
];
