import { type CompleteStack, type ServiceName, serviceNames } from '../../api/v1beta1/complete-stack.ts';
import { childName, connectionSecretName } from '../../objects/names.ts';

/** Name of the component: prefix of its objects and value of its label. */
export const kafkaComponent = 'kafka';

/** Where clients and other brokers connect. */
export const clientPort = 9092;
/** Where the controllers' quorum talks; never published by a Service with an address. */
export const controllerPort = 9093;

/** User of the brokers among themselves: a super user. */
export const brokerUser = 'broker';
/** User of the operator: a super user. */
export const adminUser = 'operator';

/** Keys of the credential Secret. */
export const credentialKeys = {
  clusterId: 'cluster-id',
  broker: 'broker-password',
  admin: 'admin-password',
  service: (name: ServiceName) => `${name}-password`,
} as const;

/** The services that have a user of their own: all, so that switching one on later needs no new login. */
export const clientServices: readonly ServiceName[] = serviceNames;

/** Label of the StatefulSet: size in its claim template, which Kubernetes never lets change. */
export const claimSizeLabel = 'ecommerce.stack/claim-size';

/** Names of everything that belongs to one stack's Kafka. */
export interface KafkaNames {
  readonly statefulSet: string;
  /** Headless Service: the stable DNS names of the pods. */
  readonly nodes: string;
  /** Any ready broker, to begin with. */
  readonly service: string;
  readonly config: string;
  /** Secret with the logins of the brokers, mounted into the pods. */
  readonly users: string;
  readonly budget: string;
  readonly credentials: string;
}

/** Names of the objects of a stack's Kafka. */
export function kafkaNames(stack: { readonly name: string }): KafkaNames {
  return {
    statefulSet: childName(stack.name, kafkaComponent),
    nodes: childName(stack.name, kafkaComponent, 'nodes'),
    service: childName(stack.name, kafkaComponent),
    config: childName(stack.name, kafkaComponent, 'config'),
    users: childName(stack.name, kafkaComponent, 'users'),
    budget: childName(stack.name, kafkaComponent),
    credentials: childName(stack.name, kafkaComponent, 'credentials'),
  };
}

/** Secret with which one service reaches Kafka. */
export function serviceConnectionName(stack: { readonly name: string }, service: ServiceName): string {
  return connectionSecretName(stack.name, kafkaComponent, service);
}

/** `shop-kafka-0`. */
export function podName(stack: { readonly name: string }, ordinal: number): string {
  return `${kafkaNames(stack).statefulSet}-${ordinal}`;
}

/** DNS suffix of the pods, without the cluster's domain: every pod's resolver appends it. */
export function podDomain(stack: { readonly name: string; readonly namespace: string }): string {
  return `${kafkaNames(stack).nodes}.${stack.namespace}.svc`;
}

/** `shop-kafka-0.shop-kafka-nodes.shop.svc`: stays the same when the pod gets another address. */
export function podHost(stack: { readonly name: string; readonly namespace: string }, ordinal: number): string {
  return `${podName(stack, ordinal)}.${podDomain(stack)}`;
}

/** How many copies a partition has, and how many must have an event before it counts as stored. */
export interface Copies {
  readonly factor: number;
  readonly minimumInSync: number;
}

/** Three copies survive one loss with two left to confirm; fewer brokers cannot. */
export function copiesOf(brokers: number): Copies {
  const factor = Math.min(3, brokers);
  return { factor, minimumInSync: factor >= 3 ? 2 : 1 };
}

/** Ordinals `0…count-1`. */
export function ordinals(count: number): readonly number[] {
  return Array.from({ length: count }, (_, ordinal) => ordinal);
}

/** Brokers that the manifest asks for. */
export function wantedBrokers(stack: CompleteStack): number {
  return stack.kafka.brokers;
}
