/** A container without any right over its node; the one capability is for CoreDNS's port 53. */
export const confined = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] },
};

/** A ServiceAccount. */
export function serviceAccount(namespace: string, name: string) {
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } };
}

/** A ServiceAccount as the subject of a binding. */
export function account(namespace: string, name: string) {
  return { kind: 'ServiceAccount', name, namespace };
}

/** A ClusterRole. */
export function clusterRole(name: string, rules: readonly object[]) {
  return { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name }, rules };
}

/** A ClusterRoleBinding of a ClusterRole. */
export function clusterBinding(name: string, role: string, subjects: readonly object[]) {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name },
    roleRef: roleRef('ClusterRole', role),
    subjects,
  };
}

/** What a binding binds to. */
export function roleRef(kind: 'Role' | 'ClusterRole', name: string) {
  return { apiGroup: 'rbac.authorization.k8s.io', kind, name };
}

/** A Deployment of one pod, labelled `app` with its name, which runs as the ServiceAccount of the same name. */
export function deployment(namespace: string, name: string, spec: object) {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { serviceAccountName: name, terminationGracePeriodSeconds: 1, ...spec } },
    },
  };
}
