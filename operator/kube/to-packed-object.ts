import type { JsonObject, KubernetesObject, StackKey } from '../api/kubernetes.ts';
import type { CacheNames } from './object-cache.ts';
import { extractOwned, fingerprint } from './owned-fields.ts';
import { type ObjectKind, type PackedLabels, PackedObject, type PackedParts } from './packed-object.ts';
import { isRepetitive, projectStatus } from './projection.ts';
import type { StringPool } from './strings.ts';
import { keyOf } from './versions.ts';

export interface ProjectionRules {
  readonly manager: string;
  readonly names: CacheNames;
  readonly pool: StringPool;
}

/** The projection of a full object, which needs its `managedFields`; `keepOwned` keeps the owned values beside their hash. */
export function toPackedObject(
  kind: ObjectKind,
  object: KubernetesObject,
  rules: ProjectionRules,
  keepOwned: boolean,
): PackedObject {
  const { metadata } = object;
  const { pool, names } = rules;
  const owned = shareNothing(extractOwned(object, rules.manager));
  const { annotations = {}, labels = {} } = metadata;
  const status = JSON.stringify(projectStatus(object));
  return new PackedObject({
    kind,
    key: keyOf(object),
    uid: metadata.uid ?? '',
    resourceVersion: metadata.resourceVersion ?? '',
    generation: metadata.generation ?? 0,
    labels: packLabels(labels, pool),
    ownerUid: shareOptional(metadata.ownerReferences?.find(({ controller }) => controller === true)?.uid, pool),
    deleting: metadata.deletionTimestamp !== undefined,
    appliedHash: annotations[names.appliedHashAnnotation],
    identity: annotations[names.identityAnnotation],
    ownedHash: fingerprint(owned),
    owned: keepOwned ? owned : undefined,
    status: isRepetitive(kind.kind) ? pool.share(status) : status,
    stack: toStackKey(metadata.namespace, labels[names.stackLabel], pool),
    isVerified: false,
  });
}

/** The same object again after a rest: what objects share is shared anew. */
export function fromRest(kind: ObjectKind, parts: PackedParts, pool: StringPool): PackedObject {
  const { labels, owned, ownerUid, stack, status } = parts;
  return new PackedObject({
    ...parts,
    kind,
    labels: { shared: pool.shareRecord(labels.shared), own: labels.own },
    ownerUid: shareOptional(ownerUid, pool),
    owned: owned === undefined ? undefined : shareNothing(owned),
    status: isRepetitive(kind.kind) ? pool.share(status) : status,
    // The pool gives back the text that it was given.
    stack: shareOptional(stack, pool) as StackKey | undefined,
  });
}

const nothing: JsonObject = Object.freeze({});

/** Of most objects in the caches (pods, claims) we own no field. */
function shareNothing(owned: JsonObject): JsonObject {
  return Object.keys(owned).length === 0 ? nothing : owned;
}

/** Labels that Kubernetes' own controllers give each pod; all others are common to the objects of a component. */
const labelsOfOne: ReadonlySet<string> = new Set([
  'controller-revision-hash',
  'pod-template-hash',
  'statefulset.kubernetes.io/pod-name',
  'apps.kubernetes.io/pod-index',
  'controller-uid',
  'job-name',
  'batch.kubernetes.io/controller-uid',
  'batch.kubernetes.io/job-name',
  'batch.kubernetes.io/job-completion-index',
]);

function packLabels(labels: Readonly<Record<string, string>>, pool: StringPool): PackedLabels {
  const own = Object.entries(labels).filter(([name]) => labelsOfOne.has(name));
  if (own.length === 0) {
    return { shared: pool.shareRecord(labels), own: undefined };
  }
  const shared = Object.entries(labels).filter(([name]) => !labelsOfOne.has(name));
  return { shared: pool.shareRecord(Object.fromEntries(shared)), own: JSON.stringify(Object.fromEntries(own)) };
}

function toStackKey(namespace: string | undefined, stack: string | undefined, pool: StringPool): StackKey | undefined {
  // The pool gives back the text that it was given.
  return stack === undefined || namespace === undefined ? undefined : (pool.share(`${namespace}/${stack}`) as StackKey);
}

function shareOptional(text: string | undefined, pool: StringPool): string | undefined {
  return text === undefined ? undefined : pool.share(text);
}
