import type { KubernetesObject } from '../../../api/kubernetes.ts';
import type { CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import { componentLabels, ownedMetadata, selectorLabels } from '../../../objects/metadata.ts';
import { annotations } from '../../../objects/names.ts';
import { restrictedContainerSecurity, restrictedPodSecurity } from '../../../objects/security.ts';
import { buildClaimTemplate } from '../../../objects/stateful-pods.ts';
import { busPort, claimSizeLabel, podDomain, redisComponent, redisNames, redisPort } from '../names.ts';
import { containerPaths, fixedConfigHash } from './config.ts';

/** uid and gid of the official image's user `redis`. */
const redisUid = 999;

export interface StatefulSetInput {
  readonly replicas: number;
  /** What the claim template of the live object has; Kubernetes refuses to change it, claims grow one by one instead. */
  readonly claimSize: string;
}

/** The nodes. */
export function buildStatefulSet(stack: CompleteStack, { replicas, claimSize }: StatefulSetInput): KubernetesObject {
  const names = redisNames(stack);
  const metadata = ownedMetadata(stack, redisComponent, names.statefulSet);
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { ...metadata, labels: { ...metadata.labels, [claimSizeLabel]: claimSize } },
    spec: {
      serviceName: names.nodes,
      replicas,
      // Nodes need each other to become ready; one after the other would wait for ever.
      podManagementPolicy: 'Parallel',
      // The operator restarts pods itself: it knows which of them is a primary.
      updateStrategy: { type: 'OnDelete' },
      revisionHistoryLimit: 3,
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
      selector: { matchLabels: selectorLabels(stack, redisComponent) },
      template: {
        metadata: { labels: componentLabels(stack, redisComponent), annotations: templateAnnotations(stack) },
        spec: buildPodSpec(stack),
      },
      volumeClaimTemplates: [
        buildClaimTemplate(stack, redisComponent, { size: claimSize, className: stack.redis.storage.className }),
      ],
    },
  };
}

function templateAnnotations(stack: CompleteStack): Record<string, string> {
  const restart = stack.annotations[annotations.restart];
  return {
    [annotations.configHash]: fixedConfigHash(),
    ...(restart === undefined ? {} : { [annotations.restart]: restart }),
  };
}

function buildPodSpec(stack: CompleteStack): Record<string, unknown> {
  const names = redisNames(stack);
  return {
    automountServiceAccountToken: false,
    // A Service named `shop-redis` would set SHOP_REDIS_PORT and the like.
    enableServiceLinks: false,
    // On SIGTERM a primary waits up to 10 s (shutdown-timeout) for its replicas, then syncs its file.
    terminationGracePeriodSeconds: 30,
    securityContext: restrictedPodSecurity(redisUid),
    ...(stack.imagePullSecrets.length > 0
      ? { imagePullSecrets: stack.imagePullSecrets.map((name) => ({ name })) }
      : {}),
    topologySpreadConstraints: ['kubernetes.io/hostname', 'topology.kubernetes.io/zone'].map((topologyKey) => ({
      maxSkew: 1,
      topologyKey,
      whenUnsatisfiable: 'ScheduleAnyway',
      labelSelector: { matchLabels: selectorLabels(stack, redisComponent) },
    })),
    containers: [buildContainer(stack)],
    volumes: [
      { name: 'config', configMap: { name: names.config } },
      // 0440: the process is neither owner nor others, it is in the group (fsGroup).
      { name: 'users', secret: { secretName: names.users, defaultMode: 0o440 } },
    ],
  };
}

function buildContainer(stack: CompleteStack): Record<string, unknown> {
  const { config, data, users } = containerPaths;
  return {
    name: redisComponent,
    image: stack.redis.image,
    imagePullPolicy: 'IfNotPresent',
    command: ['sh', `${config}/start.sh`],
    env: [
      { name: 'POD_IP', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'status.podIP' } } },
      { name: 'POD_NAME', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } },
      { name: 'POD_DOMAIN', value: podDomain(stack) },
    ],
    ports: [
      { name: 'redis', containerPort: redisPort, protocol: 'TCP' },
      { name: 'bus', containerPort: busPort, protocol: 'TCP' },
    ],
    resources: stack.redis.resources,
    securityContext: restrictedContainerSecurity,
    // Alive within seconds; a minute is for a start script that waits for names on a slow machine. A server that loads
    // its data answers already.
    startupProbe: {
      exec: { command: ['sh', `${config}/alive.sh`] },
      periodSeconds: 1,
      timeoutSeconds: 5,
      failureThreshold: 60,
    },
    readinessProbe: {
      exec: { command: ['sh', `${config}/ready.sh`] },
      periodSeconds: 5,
      timeoutSeconds: 5,
      failureThreshold: 2,
    },
    livenessProbe: {
      exec: { command: ['sh', `${config}/alive.sh`] },
      periodSeconds: 10,
      timeoutSeconds: 5,
      failureThreshold: 6,
    },
    volumeMounts: [
      { name: 'data', mountPath: data },
      { name: 'config', mountPath: config, readOnly: true },
      { name: 'users', mountPath: users, readOnly: true },
    ],
  };
}
