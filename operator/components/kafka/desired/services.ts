import type { KubernetesObject } from '../../../api/kubernetes.ts';
import type { CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import { ownedMetadata, selectorLabels } from '../../../objects/metadata.ts';
import { clientPort, controllerPort, kafkaComponent, kafkaNames } from '../names.ts';

const client = { name: 'client', port: clientPort, targetPort: 'client', protocol: 'TCP' };

/** Any ready broker: where a client can ask for the others. */
export function buildClientService(stack: CompleteStack): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: ownedMetadata(stack, kafkaComponent, kafkaNames(stack).service),
    spec: { selector: selectorLabels(stack, kafkaComponent), ports: [client] },
  };
}

/** A DNS name per pod, ready or not: starting controllers must find each other before any is ready. */
export function buildNodesService(stack: CompleteStack): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: ownedMetadata(stack, kafkaComponent, kafkaNames(stack).nodes),
    spec: {
      clusterIP: 'None',
      publishNotReadyAddresses: true,
      selector: selectorLabels(stack, kafkaComponent),
      ports: [client, { name: 'controller', port: controllerPort, targetPort: 'controller', protocol: 'TCP' }],
    },
  };
}
