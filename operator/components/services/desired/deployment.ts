import type { KubernetesObject } from '../../../api/kubernetes.ts';
import type { CompleteService, CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import { hashOf } from '../../../objects/hash.ts';
import { mergeOverrides } from '../../../objects/merge-overrides.ts';
import { componentLabels, ownedMetadata, selectorLabels } from '../../../objects/metadata.ts';
import { annotations, labels } from '../../../objects/names.ts';
import { adminPort, type ServiceDefinition } from '../catalog.ts';
import { serviceObjectName } from '../names.ts';
import { buildEnvironment } from './environment.ts';
import { baseContainer, basePodSpec } from './pod.ts';
import { listSecretFiles } from './secret-files.ts';

/** The server of one service. `spec.replicas` is not here: it belongs to the autoscaler or to `Desired.scales`. */
export function buildDeployment(
  definition: ServiceDefinition,
  stack: CompleteStack,
  configHash: string,
): KubernetesObject {
  const service = stack.services[definition.name];
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: ownedMetadata(stack, definition.name, serviceObjectName(stack.name, definition.name)),
    spec: {
      selector: { matchLabels: selectorLabels(stack, definition.name) },
      revisionHistoryLimit: 3,
      progressDeadlineSeconds: 300,
      // A new pod must be ready before an old one goes: a rollout never takes capacity away.
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      template: {
        metadata: {
          labels: { ...componentLabels(stack, definition.name), [labels.version]: labelValue(service.version) },
          annotations: templateAnnotations(stack, configHash),
        },
        spec: mergeOverrides(buildPodSpec(definition, stack), service.podOverrides),
      },
    },
  };
}

/** What pods are told that is not in the template itself, and what they take over only when they start. */
export function configHashOf(parts: readonly (string | undefined)[]): string {
  return hashOf(parts.map((part) => part ?? ''));
}

function templateAnnotations(stack: CompleteStack, configHash: string): Record<string, string> {
  const restart = stack.annotations[annotations.restart];
  return {
    [annotations.configHash]: configHash,
    ...(restart === undefined ? {} : { [annotations.restart]: restart }),
  };
}

/**
 * The images start Node for little memory. Pods of Production have 128 MiB and more, and processors are what they are scaled
 * by: all of V8's compilers may work there. docs/adr/0016-memory.md has figures.
 */
const quickCommand = [
  'node',
  '--max-semi-space-size=1',
  '--heap-growing-percent=10',
  '--v8-pool-size=1',
  'main.js',
] as const;

function buildPodSpec(definition: ServiceDefinition, stack: CompleteStack): Record<string, unknown> {
  const service = stack.services[definition.name];
  return {
    ...basePodSpec(definition, stack, listSecretFiles(definition, stack)),
    terminationGracePeriodSeconds: 30,
    ...(minimumReplicas(service) > 1 ? { topologySpreadConstraints: spread(definition, stack) } : {}),
    containers: [
      {
        ...baseContainer(definition, stack, buildEnvironment(definition, stack)),
        ...(stack.profile === 'Production' ? { command: quickCommand } : {}),
        args: ['serve'],
        ports: [
          { name: 'http', containerPort: definition.port, protocol: 'TCP' },
          { name: 'admin', containerPort: adminPort, protocol: 'TCP' },
        ],
        resources: service.resources,
        // The guide's periods: readiness /health every 5 s, liveness every 10 s. Its initial delays of 10 and 30 s are
        // a startup probe here: a pod that listens after 0.2 s serves after one second, a slow one has 60 s.
        startupProbe: { httpGet: { path: '/startupz', port: 'admin' }, periodSeconds: 1, failureThreshold: 60 },
        readinessProbe: { httpGet: { path: '/health', port: 'http' }, periodSeconds: 5, timeoutSeconds: 2 },
        // Not /health: a pod must not be killed because its database is away.
        livenessProbe: { httpGet: { path: '/livez', port: 'admin' }, periodSeconds: 10, timeoutSeconds: 2 },
        // Endpoints learn of the deletion while the pod still accepts.
        lifecycle: { preStop: { sleep: { seconds: 2 } } },
      },
    ],
  };
}

/** Pods that this service has at least, whoever owns the count. */
export function minimumReplicas(service: CompleteService): number {
  return service.autoscaling.enabled ? service.autoscaling.minReplicas : service.replicas;
}

function spread(definition: ServiceDefinition, stack: CompleteStack): readonly unknown[] {
  return ['kubernetes.io/hostname', 'topology.kubernetes.io/zone'].map((topologyKey) => ({
    maxSkew: 1,
    topologyKey,
    whenUnsatisfiable: 'ScheduleAnyway',
    labelSelector: { matchLabels: selectorLabels(stack, definition.name) },
  }));
}

/** A tag as a label value: a digest has characters that labels refuse. */
function labelValue(version: string): string {
  return version.replaceAll(/[^A-Za-z0-9_.-]/g, '-').slice(0, 63);
}
