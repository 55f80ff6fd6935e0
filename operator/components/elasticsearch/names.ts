import type { CompleteStack } from '../../api/v1beta1/complete-stack.ts';
import { childName, connectionSecretName } from '../../objects/names.ts';

/** Name of the component: prefix of its objects and value of its label. */
export const elasticsearchComponent = 'elasticsearch';

/** Where clients connect. */
export const httpPort = 9200;
/** Where nodes talk to each other; never published by a Service with an address. */
export const transportPort = 9300;
/** Opens when the node is part of a cluster with a master, and closes when it no longer is. */
export const readinessPort = 9399;

/** The server's own super user: the operator's, and the services' until roles are declared for them. */
export const adminUser = 'elastic';

/** Keys of the credential Secret. */
export const credentialKeys = {
  /** Written onto every volume, so that a volume of another stack is known before a server touches it. */
  stackId: 'stack-id',
  password: 'elastic-password',
  /** What nodes show each other. */
  transportKey: 'transport-key',
} as const;

/** Label of the StatefulSet: size in its claim template, which Kubernetes never lets change. */
export const claimSizeLabel = 'ecommerce.stack/claim-size';
/** Label of the StatefulSet: version that its template asks for, so that a step backwards is seen before it is made. */
export const versionLabel = 'ecommerce.stack/store-version';

/** Names of everything that belongs to one stack's Elasticsearch. */
export interface ElasticsearchNames {
  readonly statefulSet: string;
  /** Headless Service: the stable DNS names of the pods. */
  readonly nodes: string;
  /** Any ready node. */
  readonly service: string;
  readonly config: string;
  /** Secret with password and key, mounted into the pods. */
  readonly users: string;
  readonly budget: string;
  readonly credentials: string;
  readonly connection: string;
}

/**
 * Names of the objects of a stack's Elasticsearch. The StatefulSet's is short: with the hash of a revision it becomes a
 * label of its pods, which may have 63 characters, of which the stack's name may take 40.
 */
export function elasticsearchNames(stack: { readonly name: string }): ElasticsearchNames {
  return {
    statefulSet: childName(stack.name, 'es'),
    nodes: childName(stack.name, elasticsearchComponent, 'nodes'),
    service: childName(stack.name, elasticsearchComponent),
    config: childName(stack.name, elasticsearchComponent, 'config'),
    users: childName(stack.name, elasticsearchComponent, 'users'),
    budget: childName(stack.name, elasticsearchComponent),
    credentials: childName(stack.name, elasticsearchComponent, 'credentials'),
    connection: connectionSecretName(stack.name, elasticsearchComponent),
  };
}

/** `shop-es-0`: also the name of the node. */
export function podName(stack: { readonly name: string }, ordinal: number): string {
  return `${elasticsearchNames(stack).statefulSet}-${ordinal}`;
}

/** `shop-es-0.shop-elasticsearch-nodes.shop.svc`: stays the same when the pod gets another address. */
export function podHost(stack: { readonly name: string; readonly namespace: string }, ordinal: number): string {
  return `${podName(stack, ordinal)}.${elasticsearchNames(stack).nodes}.${stack.namespace}.svc`;
}

/** Ordinals `0…count-1`. */
export function ordinals(count: number): readonly number[] {
  return Array.from({ length: count }, (_, ordinal) => ordinal);
}

/** Nodes that the manifest asks for. */
export function wantedNodes(stack: CompleteStack): number {
  return stack.elasticsearch.nodes;
}
