import type { KubernetesObject } from '../../../api/kubernetes.ts';
import type { CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import { ownedMetadata, selectorLabels } from '../../../objects/metadata.ts';
import { elasticsearchComponent, elasticsearchNames, httpPort, transportPort } from '../names.ts';

const http = { name: 'http', port: httpPort, targetPort: 'http', protocol: 'TCP' };

/** Any ready node. */
export function buildClientService(stack: CompleteStack): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: ownedMetadata(stack, elasticsearchComponent, elasticsearchNames(stack).service),
    spec: { selector: selectorLabels(stack, elasticsearchComponent), ports: [http] },
  };
}

/** A DNS name per pod, ready or not: starting nodes must find each other before any is ready. */
export function buildNodesService(stack: CompleteStack): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: ownedMetadata(stack, elasticsearchComponent, elasticsearchNames(stack).nodes),
    spec: {
      clusterIP: 'None',
      publishNotReadyAddresses: true,
      selector: selectorLabels(stack, elasticsearchComponent),
      ports: [http, { name: 'transport', port: transportPort, targetPort: 'transport', protocol: 'TCP' }],
    },
  };
}
