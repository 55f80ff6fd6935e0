import { systemImageNames } from '../system-images.ts';
import { account, clusterBinding, clusterRole, confined, deployment, roleRef, serviceAccount } from './objects.ts';

/** Pods that make and remove volumes run here as root: stacks live in namespaces that forbid that. */
export const storageNamespace = 'local-path-storage';

/** Volumes as directories of the node, which pods of any user can write: the StorageClass `standard`, the default. */
export function storage(volumesDirectory: string): readonly object[] {
  return [...rights, configuration(volumesDirectory), provisioner, storageClass];
}

const rights = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: storageNamespace } },
  serviceAccount(storageNamespace, 'local-path-provisioner'),
  clusterRole('local-path-provisioner', [
    {
      apiGroups: [''],
      resources: ['nodes', 'persistentvolumeclaims', 'configmaps', 'pods', 'pods/log'],
      verbs: ['get', 'list', 'watch'],
    },
    {
      apiGroups: [''],
      resources: ['persistentvolumes'],
      verbs: ['get', 'list', 'watch', 'create', 'patch', 'update', 'delete'],
    },
    { apiGroups: [''], resources: ['events'], verbs: ['create', 'patch'] },
    { apiGroups: ['storage.k8s.io'], resources: ['storageclasses'], verbs: ['get', 'list', 'watch'] },
  ]),
  clusterBinding('local-path-provisioner', 'local-path-provisioner', [
    account(storageNamespace, 'local-path-provisioner'),
  ]),
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata: { name: 'local-path-provisioner', namespace: storageNamespace },
    rules: [
      {
        apiGroups: [''],
        resources: ['pods'],
        verbs: ['get', 'list', 'watch', 'create', 'patch', 'update', 'delete'],
      },
    ],
  },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: 'local-path-provisioner', namespace: storageNamespace },
    roleRef: roleRef('Role', 'local-path-provisioner'),
    subjects: [account(storageNamespace, 'local-path-provisioner')],
  },
];

const configuration = (volumesDirectory: string) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'local-path', namespace: storageNamespace },
  data: {
    'config.json': JSON.stringify({
      nodePathMap: [{ node: 'DEFAULT_PATH_FOR_NON_LISTED_NODES', paths: [volumesDirectory] }],
    }),
    // Kubelet gives `local` volumes to the pod's fsGroup itself.
    setup: '#!/bin/sh\nset -eu\nmkdir -m 0770 -p "$VOL_DIR"\n',
    teardown: '#!/bin/sh\nset -eu\nrm -rf "$VOL_DIR"\n',
    'helperPod.yaml': JSON.stringify({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'helper-pod' },
      spec: {
        containers: [{ name: 'helper-pod', image: systemImageNames.busybox, imagePullPolicy: 'IfNotPresent' }],
      },
    }),
  },
});

const provisioner = deployment(storageNamespace, 'local-path-provisioner', {
  containers: [
    {
      name: 'local-path-provisioner',
      image: systemImageNames.localPath,
      args: [
        'start',
        '--config=/etc/config/config.json',
        '--service-account-name=local-path-provisioner',
        '--provisioner-name=lab/local-path',
        `--helper-image=${systemImageNames.busybox}`,
        '--configmap-name=local-path',
        '--helper-pod-file=/etc/config/helperPod.yaml',
      ],
      env: [{ name: 'POD_NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } }],
      securityContext: { ...confined, runAsNonRoot: true, runAsUser: 65532 },
      resources: { requests: { cpu: '10m', memory: '40Mi' } },
      volumeMounts: [{ name: 'config', mountPath: '/etc/config' }],
    },
  ],
  volumes: [{ name: 'config', configMap: { name: 'local-path' } }],
});

const storageClass = {
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: {
    name: 'standard',
    annotations: { 'storageclass.kubernetes.io/is-default-class': 'true', defaultVolumeType: 'local' },
  },
  provisioner: 'lab/local-path',
  volumeBindingMode: 'WaitForFirstConsumer',
  reclaimPolicy: 'Delete',
};
