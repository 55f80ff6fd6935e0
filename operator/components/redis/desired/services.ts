import type { KubernetesObject } from '../../../api/kubernetes.ts';
import type { CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import { ownedMetadata, selectorLabels } from '../../../objects/metadata.ts';
import { busPort, redisComponent, redisNames, redisPort } from '../names.ts';

const clientPort = { name: 'redis', port: redisPort, targetPort: 'redis', protocol: 'TCP' };

/** Any ready node: where a client can ask for the topology. */
export function buildClientService(stack: CompleteStack): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: ownedMetadata(stack, redisComponent, redisNames(stack).service),
    spec: { selector: selectorLabels(stack, redisComponent), ports: [clientPort] },
  };
}

/** A DNS name per pod, ready or not: starting nodes must find each other before any is ready. */
export function buildNodesService(stack: CompleteStack): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: ownedMetadata(stack, redisComponent, redisNames(stack).nodes),
    spec: {
      clusterIP: 'None',
      publishNotReadyAddresses: true,
      selector: selectorLabels(stack, redisComponent),
      ports: [clientPort, { name: 'bus', port: busPort, targetPort: 'bus', protocol: 'TCP' }],
    },
  };
}
