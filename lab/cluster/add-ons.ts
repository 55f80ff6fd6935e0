import { dns } from './add-ons/dns.ts';
import { metrics } from './add-ons/metrics.ts';
import { clusterBinding } from './add-ons/objects.ts';
import { storage, storageNamespace } from './add-ons/storage.ts';

/** Every object that makes the bare cluster one that stacks can run on: DNS, metrics, volumes. */
export function addOnObjects(volumesDirectory: string): readonly object[] {
  return [...kubeletAccess, ...dns, ...metrics, ...storage(volumesDirectory)];
}

/** The Deployments that must be available before the lab is of use; metrics come half a minute later. */
export const neededDeployments = [
  { namespace: 'kube-system', name: 'coredns' },
  { namespace: storageNamespace, name: 'local-path-provisioner' },
] as const;

const kubeletAccess = [
  clusterBinding('kube-apiserver-kubelet-admin', 'system:kubelet-api-admin', [
    { apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'kube-apiserver' },
  ]),
];
