/** The kinds we create, watch or read: the only table from kind to URL. A leaf: imports nothing. */

export interface Kind {
  readonly apiVersion: string;
  readonly kind: string;
  /** The resource's name in URLs and RBAC rules. */
  readonly plural: string;
  readonly namespaced: boolean;
}

const namespaced = (apiVersion: string, kind: string, plural: string): Kind => ({
  apiVersion,
  kind,
  plural,
  namespaced: true,
});

export const kinds = {
  ConfigMap: namespaced('v1', 'ConfigMap', 'configmaps'),
  Secret: namespaced('v1', 'Secret', 'secrets'),
  Service: namespaced('v1', 'Service', 'services'),
  ServiceAccount: namespaced('v1', 'ServiceAccount', 'serviceaccounts'),
  Pod: namespaced('v1', 'Pod', 'pods'),
  PersistentVolumeClaim: namespaced('v1', 'PersistentVolumeClaim', 'persistentvolumeclaims'),
  Role: namespaced('rbac.authorization.k8s.io/v1', 'Role', 'roles'),
  RoleBinding: namespaced('rbac.authorization.k8s.io/v1', 'RoleBinding', 'rolebindings'),
  Deployment: namespaced('apps/v1', 'Deployment', 'deployments'),
  StatefulSet: namespaced('apps/v1', 'StatefulSet', 'statefulsets'),
  Job: namespaced('batch/v1', 'Job', 'jobs'),
  HorizontalPodAutoscaler: namespaced('autoscaling/v2', 'HorizontalPodAutoscaler', 'horizontalpodautoscalers'),
  PodDisruptionBudget: namespaced('policy/v1', 'PodDisruptionBudget', 'poddisruptionbudgets'),
  Event: namespaced('events.k8s.io/v1', 'Event', 'events'),
  EcommerceStack: namespaced('ecommerce.stack/v1beta1', 'EcommerceStack', 'ecommercestacks'),
  CustomResourceDefinition: {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    plural: 'customresourcedefinitions',
    namespaced: false,
  },
} as const satisfies Record<string, Kind>;

export type KindName = keyof typeof kinds;
