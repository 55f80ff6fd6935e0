import type { CompleteStack } from '../../api/v1beta1/complete-stack.ts';
import { childName, connectionSecretName } from '../../objects/names.ts';

/** Name of the component: prefix of its objects and value of its label. */
export const redisComponent = 'redis';

/** Redis' own default. */
export const redisPort = 6379;
/** Cluster bus: Redis' rule is the client port + 10000. */
export const busPort = 16379;

/** User of the operator and of replication: may do everything. */
export const adminUser = 'operator';
/** User of the shop's services: data commands and reading the topology. */
export const servicesUser = 'services';

/** Keys of the credential Secret. */
export const credentialKeys = { admin: 'admin-password', services: 'services-password' } as const;

/** Label of the StatefulSet: size in its claim template, which Kubernetes never lets change. */
export const claimSizeLabel = 'ecommerce.stack/claim-size';

/** Names of everything that belongs to one stack's Redis. */
export interface RedisNames {
  readonly statefulSet: string;
  /** Headless Service: the stable DNS names of the pods. */
  readonly nodes: string;
  readonly service: string;
  readonly config: string;
  /** Secret with the ACL file, mounted into the pods. */
  readonly users: string;
  readonly budget: string;
  readonly credentials: string;
  readonly connection: string;
}

/** Names of the objects of a stack's Redis. */
export function redisNames(stack: { readonly name: string }): RedisNames {
  return {
    statefulSet: childName(stack.name, redisComponent),
    nodes: childName(stack.name, redisComponent, 'nodes'),
    service: childName(stack.name, redisComponent),
    config: childName(stack.name, redisComponent, 'config'),
    users: childName(stack.name, redisComponent, 'users'),
    budget: childName(stack.name, redisComponent),
    credentials: childName(stack.name, redisComponent, 'credentials'),
    connection: connectionSecretName(stack.name, redisComponent),
  };
}

/** How many nodes the manifest asks for. */
export interface Shape {
  readonly shards: number;
  readonly replicasPerShard: number;
  /** Pods in all: shards × (1 + replicasPerShard). */
  readonly pods: number;
}

/** The wanted shape of the cluster. */
export function shapeOf(stack: CompleteStack): Shape {
  const { shards, replicasPerShard } = stack.redis;
  return { shards, replicasPerShard, pods: shards * (1 + replicasPerShard) };
}

/** `shop-redis-0`. */
export function podName(stack: { readonly name: string }, ordinal: number): string {
  return `${redisNames(stack).statefulSet}-${ordinal}`;
}

/**
 * DNS suffix of the pods. Without the cluster's domain, which every pod's resolver appends: it is `cluster.local` in
 * most clusters, not in all.
 */
export function podDomain(stack: { readonly name: string; readonly namespace: string }): string {
  return `${redisNames(stack).nodes}.${stack.namespace}.svc`;
}

/** `shop-redis-0.shop-redis-nodes.shop.svc`: stays the same when the pod gets another address. */
export function podHost(stack: { readonly name: string; readonly namespace: string }, ordinal: number): string {
  return `${podName(stack, ordinal)}.${podDomain(stack)}`;
}
