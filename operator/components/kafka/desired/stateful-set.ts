import type { KubernetesObject } from '../../../api/kubernetes.ts';
import type { CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import { quantityToNumber } from '../../../api/v1beta1/quantity.ts';
import { componentLabels, ownedMetadata, selectorLabels } from '../../../objects/metadata.ts';
import { annotations } from '../../../objects/names.ts';
import { restrictedContainerSecurity, restrictedPodSecurity } from '../../../objects/security.ts';
import { buildClaimTemplate } from '../../../objects/stateful-pods.ts';
import { claimSizeLabel, clientPort, controllerPort, kafkaComponent, kafkaNames, podDomain } from '../names.ts';
import { heapMebibytes } from '../parameters.ts';
import { containerPaths, restartHash } from './config.ts';

/** uid and gid of the official image's user `appuser`. */
const kafkaUid = 1000;

export interface StatefulSetInput {
  readonly replicas: number;
  /** What the claim template of the live object has; Kubernetes refuses to change it, claims grow one by one instead. */
  readonly claimSize: string;
}

/** The nodes, each broker and controller. */
export function buildStatefulSet(stack: CompleteStack, { replicas, claimSize }: StatefulSetInput): KubernetesObject {
  const names = kafkaNames(stack);
  const metadata = ownedMetadata(stack, kafkaComponent, names.statefulSet);
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { ...metadata, labels: { ...metadata.labels, [claimSizeLabel]: claimSize } },
    spec: {
      serviceName: names.nodes,
      replicas,
      // Controllers need each other to elect a leader; one after the other would wait for ever.
      podManagementPolicy: 'Parallel',
      // The operator restarts pods itself: it knows the active controller and which partitions are in sync.
      updateStrategy: { type: 'OnDelete' },
      revisionHistoryLimit: 3,
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
      selector: { matchLabels: selectorLabels(stack, kafkaComponent) },
      template: {
        metadata: { labels: componentLabels(stack, kafkaComponent), annotations: templateAnnotations(stack) },
        spec: buildPodSpec(stack),
      },
      volumeClaimTemplates: [
        buildClaimTemplate(stack, kafkaComponent, { size: claimSize, className: stack.kafka.storage.className }),
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
  const names = kafkaNames(stack);
  return {
    automountServiceAccountToken: false,
    // A Service named `shop-kafka` would set SHOP_KAFKA_PORT and the like.
    enableServiceLinks: false,
    // A broker that stops hands its partitions over first.
    terminationGracePeriodSeconds: 60,
    securityContext: restrictedPodSecurity(kafkaUid),
    ...(stack.imagePullSecrets.length > 0
      ? { imagePullSecrets: stack.imagePullSecrets.map((name) => ({ name })) }
      : {}),
    topologySpreadConstraints: ['kubernetes.io/hostname', 'topology.kubernetes.io/zone'].map((topologyKey) => ({
      maxSkew: 1,
      topologyKey,
      whenUnsatisfiable: 'ScheduleAnyway',
      labelSelector: { matchLabels: selectorLabels(stack, kafkaComponent) },
    })),
    containers: [buildContainer(stack)],
    volumes: [
      { name: 'config', configMap: { name: names.config } },
      // 0440: the process is neither owner nor others, it is in the group (fsGroup).
      { name: 'users', secret: { secretName: names.users, defaultMode: 0o440 } },
      { name: 'work', emptyDir: {} },
    ],
  };
}

function buildContainer(stack: CompleteStack): Record<string, unknown> {
  const { config, data, users, work } = containerPaths;
  return {
    name: kafkaComponent,
    image: stack.kafka.image,
    imagePullPolicy: 'IfNotPresent',
    command: ['sh', `${config}/start.sh`],
    env: [
      { name: 'POD_NAME', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } },
      { name: 'POD_DOMAIN', value: podDomain(stack) },
      { name: 'KAFKA_HEAP_OPTS', value: `-Xmx${heapMebibytes(stack)}m` },
      { name: 'KAFKA_JVM_PERFORMANCE_OPTS', value: jvmOptions(stack) },
      { name: 'KAFKA_LOG4J_OPTS', value: `-Dlog4j2.configurationFile=${config}/log4j2.properties` },
      // Where the official scripts would put log files, if they wrote any.
      { name: 'LOG_DIR', value: `${work}/logs` },
    ],
    ports: [
      { name: 'client', containerPort: clientPort, protocol: 'TCP' },
      { name: 'controller', containerPort: controllerPort, protocol: 'TCP' },
    ],
    resources: stack.kafka.resources,
    securityContext: restrictedContainerSecurity,
    // The controller's port opens within seconds, also while a broker recovers its log; formatting goes before it.
    startupProbe: { tcpSocket: { port: 'controller' }, periodSeconds: 1, timeoutSeconds: 5, failureThreshold: 180 },
    // Open means that the broker takes clients, not that its partitions are in sync: that is for the operator to know.
    readinessProbe: { tcpSocket: { port: 'client' }, periodSeconds: 2, timeoutSeconds: 5, failureThreshold: 3 },
    livenessProbe: { tcpSocket: { port: 'controller' }, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 },
    volumeMounts: [
      { name: 'data', mountPath: data },
      { name: 'config', mountPath: config, readOnly: true },
      { name: 'users', mountPath: users, readOnly: true },
      { name: 'work', mountPath: work },
    ],
  };
}

/** Below this a server does better with the simple collector and compiler. */
const smallMemory = 1024 ** 3;

function jvmOptions(stack: CompleteStack): string {
  const isSmall = quantityToNumber(stack.kafka.resources.limits.memory) < smallMemory;
  return [
    isSmall ? '-XX:+UseSerialGC -XX:TieredStopAtLevel=1' : '-XX:+UseG1GC',
    '-XX:+ExitOnOutOfMemoryError -XX:-UsePerfData',
    // Java remembers addresses for 30 s and failures for 10 s; a restarted pod has another address at once.
    '-Dsun.net.inetaddr.ttl=5 -Dsun.net.inetaddr.negative.ttl=1',
  ].join(' ');
}
