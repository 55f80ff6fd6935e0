import type { KubernetesObject } from '../../../api/kubernetes.ts';
import type { CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import { namesOf, patroniConfigMaps } from '../names.ts';
import { patroniListVerbs, patroniStateVerbs } from '../permissions.ts';
import { owned } from './metadata.ts';

/**
 * The account that Patroni speaks to Kubernetes with, and no more than it uses: its own four ConfigMaps by name, and
 * the pods, which it lists and labels. Listing and creating cannot be limited by name.
 */
export function buildAccess(stack: CompleteStack): readonly KubernetesObject[] {
  const { serviceAccount } = namesOf(stack);
  return [
    {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: owned(stack, serviceAccount),
      automountServiceAccountToken: false,
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: owned(stack, serviceAccount),
      rules: [
        {
          apiGroups: [''],
          resources: ['configmaps'],
          resourceNames: patroniConfigMaps(stack),
          verbs: patroniStateVerbs,
        },
        { apiGroups: [''], resources: ['configmaps'], verbs: patroniListVerbs },
        { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'patch', 'watch'] },
      ],
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: owned(stack, serviceAccount),
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: serviceAccount },
      subjects: [{ kind: 'ServiceAccount', name: serviceAccount, namespace: stack.namespace }],
    },
  ];
}
