import { systemImageNames } from '../system-images.ts';
import { account, clusterBinding, clusterRole, confined, deployment, roleRef, serviceAccount } from './objects.ts';

/** metrics-server: what `kubectl top` and autoscalers on CPU and memory read. */
export const metrics: readonly object[] = [
  serviceAccount('kube-system', 'metrics-server'),
  clusterRole('system:metrics-server', [
    { apiGroups: [''], resources: ['nodes/metrics'], verbs: ['get'] },
    { apiGroups: [''], resources: ['pods', 'nodes'], verbs: ['get', 'list', 'watch'] },
  ]),
  clusterBinding('system:metrics-server', 'system:metrics-server', [account('kube-system', 'metrics-server')]),
  clusterBinding('metrics-server:system:auth-delegator', 'system:auth-delegator', [
    account('kube-system', 'metrics-server'),
  ]),
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: 'metrics-server-auth-reader', namespace: 'kube-system' },
    roleRef: roleRef('Role', 'extension-apiserver-authentication-reader'),
    subjects: [account('kube-system', 'metrics-server')],
  },
  deployment('kube-system', 'metrics-server', {
    containers: [
      {
        name: 'metrics-server',
        image: systemImageNames.metricsServer,
        args: [
          '--cert-dir=/tmp',
          '--secure-port=10250',
          '--kubelet-preferred-address-types=InternalIP',
          '--kubelet-use-node-status-port',
          '--kubelet-certificate-authority=/var/run/secrets/kubernetes.io/serviceaccount/ca.crt',
          // The shortest that it accepts.
          '--metric-resolution=15s',
        ],
        securityContext: { ...confined, runAsNonRoot: true, runAsUser: 65532 },
        resources: { requests: { cpu: '20m', memory: '60Mi' } },
        readinessProbe: { httpGet: { path: '/readyz', port: 10250, scheme: 'HTTPS' }, periodSeconds: 2 },
        volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
      },
    ],
    volumes: [{ name: 'tmp', emptyDir: {} }],
  }),
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'metrics-server', namespace: 'kube-system' },
    spec: { selector: { app: 'metrics-server' }, ports: [{ port: 443, targetPort: 10250 }] },
  },
  {
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: { name: 'v1beta1.metrics.k8s.io' },
    spec: {
      group: 'metrics.k8s.io',
      version: 'v1beta1',
      groupPriorityMinimum: 100,
      versionPriority: 100,
      insecureSkipTLSVerify: true,
      service: { name: 'metrics-server', namespace: 'kube-system' },
    },
  },
];
