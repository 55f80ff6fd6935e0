import { completeBackup, completeIngress, completeMonitoring } from './complete/platform.ts';
import { completeServices } from './complete/services.ts';
import { completeElasticsearch, completeKafka, completePostgres, completeRedis } from './complete/stores.ts';
import type { CompleteStack, DeletionPolicy } from './complete-stack.ts';
import type { EcommerceStack } from './ecommerce-stack.ts';
import type { StoreName } from './versions.ts';

export { effectiveOf } from './effective.ts';
export type { StoreName } from './versions.ts';

/** What this installation of the operator prefers where a manifest says nothing; from the operator's configuration. */
export interface InstallationDefaults {
  /** Prefix of the images that we build ourselves, e.g. `ghcr.io/acme`; without a slash at the end. */
  readonly registry: string;
  /**
   * Images of the stores. `{version}` in one is replaced by the version that the stack asks for; one without it is used
   * only for the installation's own version of that store.
   */
  readonly images: Readonly<Partial<Record<StoreName, string>>>;
  readonly versions: Readonly<Partial<Record<StoreName, string>>>;
}

/** A stored object and the installation's defaults: what every step of completion reads. */
export interface CompletionInput {
  readonly object: EcommerceStack;
  readonly installation: InstallationDefaults;
}

/**
 * The stack after profile and defaults: what builders read. Pure. Expects an object without violations (see
 * `validateStack`); throws `RangeError` on a quantity or duration that is none.
 */
export function completeStack(object: EcommerceStack, installation: InstallationDefaults): CompleteStack {
  const { metadata, spec } = object;
  const input: CompletionInput = { object, installation };
  return {
    name: metadata.name,
    namespace: metadata.namespace ?? 'default',
    uid: metadata.uid ?? '',
    generation: metadata.generation ?? 0,
    annotations: metadata.annotations ?? {},
    version: spec.version,
    profile: spec.profile,
    host: spec.host,
    imagePullSecrets: (spec.images?.pullSecrets ?? []).map((secret) => secret.name),
    postgres: completePostgres(input),
    redis: completeRedis(input),
    kafka: completeKafka(input),
    elasticsearch: completeElasticsearch(input),
    services: completeServices(input),
    ingress: completeIngress(object),
    traffic: { provider: spec.traffic?.provider ?? 'None' },
    backup: completeBackup(input),
    monitoring: completeMonitoring(spec),
    networkPolicy: { enabled: spec.networkPolicy?.enabled ?? true },
    deletionPolicy: completeDeletionPolicy(object),
  };
}

/** Destroys nothing without the confirmation, even when the rule that asks for it was not checked. */
function completeDeletionPolicy({ metadata, spec }: EcommerceStack): DeletionPolicy {
  const policy = spec.deletionPolicy ?? 'Retain';
  return policy === 'Delete' && spec.deletionConfirmation !== metadata.name ? 'Retain' : policy;
}
