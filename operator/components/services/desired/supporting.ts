import type { KubernetesObject } from '../../../api/kubernetes.ts';
import type { CompleteStack, ExternalMetric } from '../../../api/v1beta1/complete-stack.ts';
import { ownedMetadata, selectorLabels } from '../../../objects/metadata.ts';
import type { ServiceDefinition } from '../catalog.ts';
import { serviceObjectName } from '../names.ts';
import { minimumReplicas } from './deployment.ts';

/** ClusterIP Service on the guide's port. */
export function buildService(definition: ServiceDefinition, stack: CompleteStack): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadataOf(definition, stack),
    spec: {
      selector: selectorLabels(stack, definition.name),
      ports: [{ name: 'http', port: definition.port, targetPort: 'http', protocol: 'TCP' }],
    },
  };
}

/** One account per service, without rights and without a mounted token: network policies and audit tell them apart. */
export function buildServiceAccount(definition: ServiceDefinition, stack: CompleteStack): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: metadataOf(definition, stack),
    automountServiceAccountToken: false,
  };
}

/** CPU and memory targets of the guide's HPA table, and the user's own; empty when the user keeps a fixed count. */
export function buildAutoscaler(definition: ServiceDefinition, stack: CompleteStack): readonly KubernetesObject[] {
  const { autoscaling } = stack.services[definition.name];
  if (!autoscaling.enabled) {
    return [];
  }
  return [
    {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: metadataOf(definition, stack),
      spec: {
        scaleTargetRef: {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          name: serviceObjectName(stack.name, definition.name),
        },
        minReplicas: autoscaling.minReplicas,
        maxReplicas: autoscaling.maxReplicas,
        metrics: [
          utilization('cpu', autoscaling.cpuPercent),
          utilization('memory', autoscaling.memoryPercent),
          ...autoscaling.external.map(perPod),
        ],
      },
    },
  ];
}

function utilization(name: string, percent: number): Record<string, unknown> {
  return { type: 'Resource', resource: { name, target: { type: 'Utilization', averageUtilization: percent } } };
}

function perPod({ metric, selector, averageValue }: ExternalMetric): Record<string, unknown> {
  const matching = Object.keys(selector).length === 0 ? {} : { selector: { matchLabels: selector } };
  return {
    type: 'External',
    external: { metric: { name: metric, ...matching }, target: { type: 'AverageValue', averageValue } },
  };
}

/** At most one pod away by eviction; none for a single pod, which would block every drain of its node. */
export function buildDisruptionBudget(
  definition: ServiceDefinition,
  stack: CompleteStack,
): readonly KubernetesObject[] {
  if (minimumReplicas(stack.services[definition.name]) < 2) {
    return [];
  }
  return [
    {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: metadataOf(definition, stack),
      spec: { maxUnavailable: 1, selector: { matchLabels: selectorLabels(stack, definition.name) } },
    },
  ];
}

function metadataOf(definition: ServiceDefinition, stack: CompleteStack): KubernetesObject['metadata'] {
  return ownedMetadata(stack, definition.name, serviceObjectName(stack.name, definition.name));
}
