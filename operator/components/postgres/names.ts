import type { ObjectRef } from '../../api/kubernetes.ts';
import type { CompleteStack, ServiceName } from '../../api/v1beta1/complete-stack.ts';
import { selectorLabels } from '../../objects/metadata.ts';
import { childName, connectionSecretName } from '../../objects/names.ts';

/** Name of the component: prefix of its objects and value of its labels. */
export const componentName = 'postgres';

/** Ports inside the pods and of the Services; 8008 is Patroni's usual REST port. */
export const ports = { postgres: 5432, rest: 8008 } as const;

/** Name of the container, of the claim template and of the volume: part of the claims' names, so never change it. */
export const containerName = 'postgres';
export const dataVolume = 'data';

/** uid and gid of `postgres` in the official image and in ours. */
export const postgresUid = 999;

/**
 * Label by which Patroni marks its pods, and its values. Patroni 3.0 and 3.1 always write `master`; newer ones write
 * what `leader_label_value` says, so the old word works with every version.
 */
export const roleLabel = 'ecommerce.stack/postgres-role';
export const roles = { leader: 'master', replica: 'replica' } as const;

/** Label that ties pods and Patroni's ConfigMaps to one Patroni cluster. */
export const scopeLabel = 'ecommerce.stack/postgres-scope';

/** Label of the StatefulSet: the size its claim template was born with, which Kubernetes never lets change. */
export const claimSizeLabel = 'ecommerce.stack/claim-size';

/** Label of the StatefulSet: major version that `spec.postgres.version` named when the data was made. */
export const majorLabel = 'ecommerce.stack/postgres-major';

/** Keys of the credential Secret. */
export const credentialKeys = {
  superuser: 'superuser-password',
  replication: 'replication-password',
  rest: 'rest-password',
} as const;

/** Users that are not services: the superuser, the standbys' and the one of Patroni's REST API. */
export const users = { superuser: 'postgres', replication: 'standby', rest: 'operator' } as const;

/** Services that own a database, in the order of the specification. */
export const databaseOwners = [
  'user',
  'product',
  'cart',
  'order',
  'payment',
  'inventory',
  'notification',
] as const satisfies readonly ServiceName[];
export type DatabaseOwner = (typeof databaseOwners)[number];

/** A service's role and database: `product` owns `product_db`. */
export interface Tenant {
  readonly service: DatabaseOwner;
  readonly role: string;
  readonly database: string;
}

/** The tenants of a stack: one for each enabled service that owns a database. */
export function tenantsOf(stack: CompleteStack): readonly Tenant[] {
  return databaseOwners
    .filter((service) => stack.services[service].enabled)
    .map((service) => ({ service, role: service, database: `${service}_db` }));
}

/** Key of a service's password in the credential Secret. */
export function tenantPasswordKey(tenant: Tenant): string {
  return `${tenant.service}-password`;
}

/** Names of everything that the component creates for one stack. */
export function namesOf(stack: CompleteStack) {
  const name = (suffix?: string) => childName(stack.name, componentName, suffix);
  return {
    statefulSet: name(),
    serviceAccount: name(),
    budget: name(),
    config: name('patroni'),
    readWrite: name('rw'),
    readOnly: name('ro'),
    pods: name('pods'),
    credentials: name('credentials'),
    /** Patroni's name of the cluster: prefix of the ConfigMaps that it keeps its state in. */
    scope: name(),
    pod: (ordinal: number) => `${name()}-${ordinal}`,
    claim: (ordinal: number) => `${dataVolume}-${name()}-${ordinal}`,
    connection: (tenant: Tenant) => connectionSecretName(stack.name, componentName, tenant.service),
  } as const;
}

/** ConfigMap in which Patroni keeps the cluster's configuration and the fact that its data exists. */
export function clusterStateName(stack: CompleteStack): string {
  return `${namesOf(stack).scope}-config`;
}

/** Every ConfigMap that Patroni writes: what its Role has to allow. */
export function patroniConfigMaps(stack: CompleteStack): readonly string[] {
  const { scope } = namesOf(stack);
  return ['config', 'failover', 'leader', 'sync'].map((suffix) => `${scope}-${suffix}`);
}

/** Labels that Patroni finds its pods and ConfigMaps by. */
export function patroniLabels(stack: CompleteStack): Record<string, string> {
  return { ...selectorLabels(stack, componentName), [scopeLabel]: namesOf(stack).scope };
}

/** Number of pods that the stack asks for. */
export function wantedInstances(stack: CompleteStack): number {
  return 1 + stack.postgres.readReplicas;
}

/** Ordinal of a pod or claim by its name; `-1` for a name that is not of this form. */
export function ordinalOf(name: string): number {
  const digits = /-(\d+)$/.exec(name)?.[1];
  return digits === undefined ? -1 : Number(digits);
}

/** Reference to the StatefulSet. */
export function statefulSetRef(stack: CompleteStack): ObjectRef {
  return { apiVersion: 'apps/v1', kind: 'StatefulSet', namespace: stack.namespace, name: namesOf(stack).statefulSet };
}

/** Reference to a pod by its ordinal. */
export function podRef(stack: CompleteStack, ordinal: number): ObjectRef {
  return { apiVersion: 'v1', kind: 'Pod', namespace: stack.namespace, name: namesOf(stack).pod(ordinal) };
}

/** Address of a Service inside the cluster, without the cluster's own domain, which not every cluster calls the same. */
export function serviceHost(stack: CompleteStack, service: string): string {
  return `${service}.${stack.namespace}.svc`;
}
