import { dnsAddress } from '../addresses.ts';
import { systemImageNames } from '../system-images.ts';
import { account, clusterBinding, clusterRole, confined, deployment, serviceAccount } from './objects.ts';

/** A name outside the cluster is answered NXDOMAIN at once: it must not leave the machine, and nobody should wait for it. */
const corefile = `cluster.local:53 in-addr.arpa:53 ip6.arpa:53 {
  errors
  health
  ready
  kubernetes cluster.local in-addr.arpa ip6.arpa {
    pods insecure
    ttl 5
  }
  cache 5
}
.:53 {
  template ANY ANY . {
    rcode NXDOMAIN
  }
}
`;

/** CoreDNS: names of Services and pods, and nothing else. */
export const dns: readonly object[] = [
  serviceAccount('kube-system', 'coredns'),
  clusterRole('system:coredns', [
    { apiGroups: [''], resources: ['endpoints', 'services', 'pods', 'namespaces'], verbs: ['list', 'watch'] },
    { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] },
  ]),
  clusterBinding('system:coredns', 'system:coredns', [account('kube-system', 'coredns')]),
  {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'coredns', namespace: 'kube-system' },
    data: { Corefile: corefile },
  },
  deployment('kube-system', 'coredns', {
    dnsPolicy: 'Default',
    priorityClassName: 'system-cluster-critical',
    containers: [
      {
        name: 'coredns',
        image: systemImageNames.coredns,
        args: ['-conf', '/etc/coredns/Corefile'],
        securityContext: confined,
        resources: { requests: { cpu: '20m', memory: '40Mi' } },
        readinessProbe: { httpGet: { path: '/ready', port: 8181 }, periodSeconds: 1 },
        livenessProbe: { httpGet: { path: '/health', port: 8080 }, initialDelaySeconds: 10 },
        volumeMounts: [{ name: 'config', mountPath: '/etc/coredns' }],
      },
    ],
    volumes: [{ name: 'config', configMap: { name: 'coredns' } }],
  }),
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'kube-dns', namespace: 'kube-system', labels: { 'k8s-app': 'kube-dns' } },
    spec: {
      clusterIP: dnsAddress,
      selector: { app: 'coredns' },
      ports: [
        { name: 'dns', port: 53, protocol: 'UDP' },
        { name: 'dns-tcp', port: 53, protocol: 'TCP' },
      ],
    },
  },
];
