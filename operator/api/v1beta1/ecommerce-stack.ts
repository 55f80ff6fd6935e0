import type { Static } from 'typebox';
import type { ObjectMeta } from '../kubernetes.ts';
import type { specSchema } from './schema/spec.ts';
import type { statusSchema } from './schema/status.ts';
import type { DeepReadonly } from './schema/types.ts';

/** An EcommerceStack as the API server stores it: what the user wrote plus the schema's static defaults. */
export type EcommerceStack = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly spec: EcommerceStackSpec;
  readonly status?: EcommerceStackStatus;
};

/** `spec` of an EcommerceStack; types only, so that the operator's process never loads the schema library. */
export type EcommerceStackSpec = DeepReadonly<Static<typeof specSchema>>;

/** `status` of an EcommerceStack. */
export type EcommerceStackStatus = DeepReadonly<Static<typeof statusSchema>>;

type Item<List> = List extends readonly (infer One)[] ? One : never;

/** One entry of `status.components`. */
export type ComponentStatus = Item<NonNullable<EcommerceStackStatus['components']>>;
/** One entry of `status.operations`. */
export type OperationStatus = Item<NonNullable<EcommerceStackStatus['operations']>>;
/** One entry of `status.rollouts`. */
export type RolloutStatus = Item<NonNullable<EcommerceStackStatus['rollouts']>>;
/** `status.effective`. */
export type EffectiveStatus = NonNullable<EcommerceStackStatus['effective']>;
