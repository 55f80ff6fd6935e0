import type { CompleteStack } from './complete-stack.ts';
import type { EcommerceStack, EffectiveStatus } from './ecommerce-stack.ts';

/** A data store that runs an image of its own. */
export type StoreName = 'postgres' | 'redis' | 'kafka' | 'elasticsearch';

/** What this installation of the operator prefers where a manifest says nothing; from the operator's configuration. */
export interface InstallationDefaults {
  /** Prefix of the images that we build ourselves, e.g. `ghcr.io/acme`; without a slash at the end. */
  readonly registry: string;
  readonly images: Readonly<Partial<Record<StoreName, string>>>;
  readonly versions: Readonly<Partial<Record<StoreName, string>>>;
}

/** The stack after profile and defaults: what builders read. Pure; expects an object without violations. */
export function completeStack(_object: EcommerceStack, _installation: InstallationDefaults): CompleteStack {
  throw new Error('completeStack is being written');
}

/** What `status.effective` says of a completed stack. */
export function effectiveOf(_stack: CompleteStack): EffectiveStatus {
  throw new Error('effectiveOf is being written');
}
