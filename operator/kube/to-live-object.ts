import { type KubernetesObject, refOf } from '../api/kubernetes.ts';
import type { LiveObject } from './live-object.ts';
import type { CacheNames } from './object-cache.ts';
import { extractOwned, fingerprint } from './owned-fields.ts';
import { projectStatus } from './projection.ts';
import type { StringPool } from './strings.ts';

export interface ProjectionRules {
  readonly manager: string;
  readonly names: CacheNames;
  readonly pool: StringPool;
}

/** The projection of a full object, which needs its `managedFields`; `keepOwned` keeps the owned values beside their hash. */
export function toLiveObject(object: KubernetesObject, rules: ProjectionRules, keepOwned: boolean): LiveObject {
  const { metadata } = object;
  const { pool, names } = rules;
  const owned = extractOwned(object, rules.manager);
  const annotations = metadata.annotations ?? {};
  const ref = refOf(object);
  return {
    ref: { ...ref, apiVersion: pool.share(ref.apiVersion), kind: pool.share(ref.kind), ...shareNamespace(ref, pool) },
    uid: metadata.uid ?? '',
    resourceVersion: metadata.resourceVersion ?? '',
    generation: metadata.generation ?? 0,
    labels: pool.shareRecord(metadata.labels ?? {}),
    ownerUid: shareOptional(metadata.ownerReferences?.find(({ controller }) => controller === true)?.uid, pool),
    deleting: metadata.deletionTimestamp !== undefined,
    appliedHash: annotations[names.appliedHashAnnotation],
    identity: annotations[names.identityAnnotation],
    ownedHash: fingerprint(owned),
    owned: keepOwned ? owned : undefined,
    status: projectStatus(object, pool),
  };
}

function shareNamespace(
  { namespace }: { readonly namespace?: string },
  pool: StringPool,
): { readonly namespace?: string } {
  return namespace === undefined ? {} : { namespace: pool.share(namespace) };
}

function shareOptional(text: string | undefined, pool: StringPool): string | undefined {
  return text === undefined ? undefined : pool.share(text);
}
