import type { KubernetesObject } from '../../../api/kubernetes.ts';
import type { CompleteStack } from '../../../api/v1beta1/complete-stack.ts';
import { selectorLabels } from '../../../objects/metadata.ts';
import { componentName, namesOf, ports, roleLabel, roles } from '../names.ts';
import { owned } from './metadata.ts';

const postgresPort = { name: 'postgres', port: ports.postgres, targetPort: 'postgres', protocol: 'TCP' };
const restPort = { name: 'rest', port: ports.rest, targetPort: 'rest', protocol: 'TCP' };

/** The primary, the replicas, and every pod by its name; Patroni moves the role label that the first two select. */
export function buildServices(stack: CompleteStack): readonly KubernetesObject[] {
  const { readWrite, readOnly, pods } = namesOf(stack);
  const everyone = selectorLabels(stack, componentName);
  // Without replicas readers get the primary: the name works in every configuration.
  const readers = stack.postgres.readReplicas > 0 ? { [roleLabel]: roles.replica } : {};
  return [
    service(stack, readWrite, { selector: { ...everyone, [roleLabel]: roles.leader }, ports: [postgresPort] }),
    service(stack, readOnly, { selector: { ...everyone, ...readers }, ports: [postgresPort] }),
    service(stack, pods, {
      clusterIP: 'None',
      publishNotReadyAddresses: true,
      selector: everyone,
      ports: [postgresPort, restPort],
    }),
  ];
}

function service(stack: CompleteStack, name: string, spec: Record<string, unknown>): KubernetesObject {
  return { apiVersion: 'v1', kind: 'Service', metadata: owned(stack, name), spec };
}
