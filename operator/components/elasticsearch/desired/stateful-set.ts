import type { KubernetesObject } from '../../../api/kubernetes.ts';
import type { CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import { componentLabels, ownedMetadata, selectorLabels } from '../../../objects/metadata.ts';
import { annotations } from '../../../objects/names.ts';
import { restrictedContainerSecurity, restrictedPodSecurity } from '../../../objects/security.ts';
import { buildClaimTemplate } from '../../../objects/stateful-pods.ts';
import { javaOptions } from '../memory.ts';
import {
  claimSizeLabel,
  elasticsearchComponent,
  elasticsearchNames,
  httpPort,
  readinessPort,
  transportPort,
  versionLabel,
} from '../names.ts';
import { containerPaths, restartHash } from './config.ts';

/** uid of the official image's user `elasticsearch`. */
const elasticsearchUid = 1000;

export interface StatefulSetInput {
  readonly replicas: number;
  /** What the claim template of the live object has; Kubernetes refuses to change it, claims grow one by one instead. */
  readonly claimSize: string;
}

/** The nodes, each with all roles. */
export function buildStatefulSet(stack: CompleteStack, { replicas, claimSize }: StatefulSetInput): KubernetesObject {
  const names = elasticsearchNames(stack);
  const metadata = ownedMetadata(stack, elasticsearchComponent, names.statefulSet);
  const { version, storage } = stack.elasticsearch;
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { ...metadata, labels: { ...metadata.labels, [claimSizeLabel]: claimSize, [versionLabel]: version } },
    spec: {
      serviceName: names.nodes,
      replicas,
      // Nodes need each other to elect a master; one after the other would wait for ever.
      podManagementPolicy: 'Parallel',
      // The operator restarts pods itself: it knows the master and where copies of shards are.
      updateStrategy: { type: 'OnDelete' },
      revisionHistoryLimit: 3,
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
      selector: { matchLabels: selectorLabels(stack, elasticsearchComponent) },
      template: {
        metadata: { labels: componentLabels(stack, elasticsearchComponent), annotations: templateAnnotations(stack) },
        spec: buildPodSpec(stack),
      },
      volumeClaimTemplates: [
        buildClaimTemplate(stack, elasticsearchComponent, { size: claimSize, className: storage.className }),
      ],
    },
  };
}

function templateAnnotations(stack: CompleteStack): Record<string, string> {
  const restart = stack.annotations[annotations.restart];
  return {
    [annotations.configHash]: restartHash(stack),
    ...(restart === undefined ? {} : { [annotations.restart]: restart }),
  };
}

function buildPodSpec(stack: CompleteStack): Record<string, unknown> {
  return {
    automountServiceAccountToken: false,
    // A Service named `shop-elasticsearch` would set SHOP_ELASTICSEARCH_PORT and the like.
    enableServiceLinks: false,
    terminationGracePeriodSeconds: 60,
    securityContext: restrictedPodSecurity(elasticsearchUid),
    ...(stack.imagePullSecrets.length > 0
      ? { imagePullSecrets: stack.imagePullSecrets.map((name) => ({ name })) }
      : {}),
    topologySpreadConstraints: ['kubernetes.io/hostname', 'topology.kubernetes.io/zone'].map((topologyKey) => ({
      maxSkew: 1,
      topologyKey,
      whenUnsatisfiable: 'ScheduleAnyway',
      labelSelector: { matchLabels: selectorLabels(stack, elasticsearchComponent) },
    })),
    containers: [buildContainer(stack)],
    volumes: buildVolumes(stack),
  };
}

function buildVolumes({ name, backup }: CompleteStack): readonly Record<string, unknown>[] {
  const names = elasticsearchNames({ name });
  return [
    { name: 'config', configMap: { name: names.config } },
    // 0440: the process is neither owner nor others, it is in the group (fsGroup).
    { name: 'users', secret: { secretName: names.users, defaultMode: 0o440 } },
    { name: 'work', emptyDir: {} },
    { name: 'logs', emptyDir: {} },
    // Optional: a missing login for backups must not keep the search from starting.
    ...(backup === undefined
      ? []
      : [
          {
            name: 'repository',
            secret: { secretName: backup.s3.credentialsSecretName, defaultMode: 0o440, optional: true },
          },
        ]),
  ];
}

function buildContainer(stack: CompleteStack): Record<string, unknown> {
  return {
    name: elasticsearchComponent,
    image: stack.elasticsearch.image,
    imagePullPolicy: 'IfNotPresent',
    command: ['sh', `${containerPaths.config}/start.sh`],
    env: [
      { name: 'POD_NAME', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } },
      { name: 'POD_IP', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'status.podIP' } } },
      { name: 'ES_JAVA_OPTS', value: javaOptions(stack) },
      { name: 'ES_TMPDIR', value: containerPaths.work },
    ],
    ports: [
      { name: 'http', containerPort: httpPort, protocol: 'TCP' },
      { name: 'transport', containerPort: transportPort, protocol: 'TCP' },
    ],
    resources: stack.elasticsearch.resources,
    securityContext: restrictedContainerSecurity,
    // The transport opens within seconds of the JVM's start; joining and recovering come after it.
    startupProbe: { tcpSocket: { port: 'transport' }, periodSeconds: 1, timeoutSeconds: 5, failureThreshold: 180 },
    // Open means: part of a cluster with a master. Whether copies are in place is for the operator to know.
    readinessProbe: { tcpSocket: { port: readinessPort }, periodSeconds: 2, timeoutSeconds: 5, failureThreshold: 3 },
    livenessProbe: { tcpSocket: { port: 'transport' }, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 },
    volumeMounts: buildMounts(stack),
  };
}

function buildMounts({ backup }: CompleteStack): readonly Record<string, unknown>[] {
  const { config, data, logs, repository, users, work } = containerPaths;
  return [
    { name: 'data', mountPath: data },
    { name: 'config', mountPath: config, readOnly: true },
    { name: 'users', mountPath: users, readOnly: true },
    { name: 'work', mountPath: work },
    { name: 'logs', mountPath: logs },
    ...(backup === undefined ? [] : [{ name: 'repository', mountPath: repository, readOnly: true }]),
  ];
}
